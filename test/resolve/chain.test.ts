import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { askChain } from "../../src/resolve/chain.ts";
import { parseSecretPath } from "../../src/secret-path.ts";
import { givenBackends } from "./given-backends.ts";

const ENTRY = { path: parseSecretPath("a/b/c"), names: ["C"] };

/** A chain of a Vault that never answers and an environment with an old value, and what is heard of it. */
function startChain(options: { readonly backendTimeoutMs?: number; readonly signal?: AbortSignal }) {
	const heard: string[] = [];
	const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>();
	const named = (name: string, read: Backend["read"]): Backend => ({
		name,
		description: name,
		read(request, signal) {
			heard.push(`${name} is asked`);
			ask();
			return read(request, signal);
		},
		locations: () => [],
		advice: () => "",
		check: async () => undefined,
		close: () => undefined,
	});
	const silent = named("vault", () => new Promise(() => undefined));
	const old = named("env", async () => ({ value: "old", location: "C" }));
	const traces = askChain([ENTRY], {
		backends: givenBackends(async (name) => (name === "vault" ? silent : old)),
		chain: ["vault", "env"],
		strict: false,
		timeoutMs: 10_000,
		backendTimeoutMs: () => options.backendTimeoutMs ?? 10_000,
		onPassedOver: ({ code }) => heard.push(`passed over: ${code}`),
		signal: options.signal,
	});
	return { heard, isAsked, traces };
}

describe("the chain", () => {
	it("goes on where the time of a backend is over", async () => {
		const { heard, traces } = startChain({ backendTimeoutMs: 10 });
		expect((await traces)[0]?.found?.value).toBe("old");
		expect(heard).toEqual(["vault is asked", "passed over: DSTA_TIMEOUT", "env is asked"]);
	});

	it("ends where its caller gives up, which is no failure of the backend", async () => {
		const controller = new AbortController();
		const { heard, isAsked, traces } = startChain({ signal: controller.signal });
		await isAsked;
		controller.abort(new Error("enough"));
		await expect(traces).rejects.toThrow("enough");
		expect(heard).toEqual(["vault is asked"]);
	});
});

import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../../src/errors.ts";
import { harmlessFailure, openBackend, SENTINELS } from "./backend.ts";
import { mountAnswer, type Reply, refusal, startFakeVault } from "./fake-vault.ts";

const { signal } = new AbortController();

describe("A write to Vault", () => {
	it.each<[string, Reply, ErrorCode]>([
		["a cut connection", { raw: "", after: "reset" }, "DSTA_UNAVAILABLE"],
		["500", refusal(500, SENTINELS.value), "DSTA_UNAVAILABLE"],
		["429", refusal(429), "DSTA_UNAVAILABLE"],
		["400 that repeats the value", refusal(400, `bad value ${SENTINELS.value}`), "DSTA_CONFIG"],
		["403", refusal(403, "permission denied"), "DSTA_DENIED"],
	])("is not sent again after %s", async (_what, reply, code) => {
		await using vault = await startFakeVault(({ method, url }) => {
			if (url.includes("/sys/")) return mountAnswer(2);
			return method === "POST" ? reply : refusal(404);
		});
		using backend = openBackend(vault.url);
		const fields = new Map([["c", SENTINELS.value]]);
		const error = await harmlessFailure(backend.write("a/b", fields, { replace: false, signal }));
		expect(error.code).toBe(code);
		expect(vault.calls.filter(({ method }) => method === "POST")).toHaveLength(1);
	});
});

import { describe, expect, it } from "vitest";
import { signalAfter } from "../../../src/backends/deadline.ts";
import type { DstaError } from "../../../src/errors.ts";
import { openBackend, readAll, SENTINELS } from "./backend.ts";
import { type Program, type Reply, refusal, secretV2, startFakeVault } from "./fake-vault.ts";

const PATHS = Array.from({ length: 200 }, (_, index) => `s${index}/c`);
const found = secretV2({ c: SENTINELS.value });
const AT_ONCE = 32;
/** Of the secrets that are asked for at once, three attempts each. */
const MOST_REQUESTS = 3 * AT_ONCE;

/** The failures of 200 reads at once, each once, with what the server has seen of them. */
async function askAll(program: Program, leftMs = 20_000) {
	await using vault = await startFakeVault(program);
	using backend = openBackend(vault.url);
	const signal = signalAfter(leftMs);
	const outcomes = await Promise.allSettled(PATHS.map((path) => readAll(backend, [path], signal)));
	const errors = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason as DstaError] : []));
	expect(JSON.stringify(errors)).not.toContain("sentinel");
	return {
		url: vault.url,
		failed: errors.length,
		failures: [...new Set(errors.map(({ code, message }) => `${code} ${message}`))],
		/** Each error is about the secret that was asked for. */
		paths: new Set(errors.map(({ path }) => path)).size,
		requests: vault.calls.length,
		connections: vault.connections.total,
	};
}

describe("A Vault that is dead", () => {
	it.each<[string, Reply, RegExp]>([
		["which cuts each connection", { raw: "", after: "reset" }, /^DSTA_UNAVAILABLE .*: Connection reset/],
		["which is sealed", refusal(503, "Vault is sealed"), /^DSTA_UNAVAILABLE .* is sealed$/],
		["which has too much to do", refusal(429, "quota"), /^DSTA_UNAVAILABLE .*: too many requests/],
		["behind a proxy that says so", { status: 502, body: "<html></html>" }, /^DSTA_UNAVAILABLE .*: HTTP 502/],
	])("%s is asked by some of 200 secrets, and all fail for its reason", async (_what, reply, words) => {
		const { failed, failures, paths, requests } = await askAll(() => reply);
		expect({ failed, paths, failures }).toEqual({
			failed: PATHS.length,
			paths: PATHS.length,
			failures: [expect.stringMatching(words)],
		});
		expect(requests).toBeLessThanOrEqual(MOST_REQUESTS);
	});

	it("where nobody listens fails for 200 secrets with the same words", async () => {
		using backend = openBackend("http://127.0.0.1:1");
		const signal = signalAfter(20_000);
		const outcomes = await Promise.allSettled(PATHS.map((path) => readAll(backend, [path], signal)));
		const words = outcomes.map((one) => one.status === "rejected" && one.reason.message);
		expect([...new Set(words)]).toEqual(["Vault not available: Connection refused (http://127.0.0.1:1)"]);
	});

	it("and silent costs the time of one secret for all 200", async () => {
		const { failures, requests, url } = await askAll(() => "silence", 600);
		expect(failures).toEqual([`DSTA_TIMEOUT Vault not available: no answer in time from ${url}`]);
		expect(requests).toBeLessThanOrEqual(MOST_REQUESTS);
	});

	it("in the middle of 200 secrets fails for those that are left", async () => {
		let count = 0;
		const { failed, requests } = await askAll(() => (++count <= 100 ? found : { raw: "", after: "reset" }));
		expect(failed).toBe(100);
		// Whoever was under way when it died, and those who came after; a kept-alive connection that is cut counts for nobody.
		expect(requests).toBeLessThanOrEqual(100 + 2 * MOST_REQUESTS + AT_ONCE);
	});

	it("is asked anew when it is asked again, be it under the same signal", async () => {
		let isDead = true;
		await using vault = await startFakeVault(() => (isDead ? refusal(503, "Vault is sealed") : found));
		using backend = openBackend(vault.url, {}, { settings: { retries: 0 } });
		const signal = signalAfter(20_000);
		await Promise.allSettled(PATHS.map((path) => readAll(backend, [path], signal)));
		isDead = false;
		expect(await readAll(backend, PATHS, signal)).toHaveLength(PATHS.length);
	});
});

describe("A Vault that lives is asked for each of 200 secrets", () => {
	it.each<[string, Reply, number]>([
		["which has none of them", refusal(404), 0],
		["which refuses all of them", refusal(403, "permission denied"), 200],
	])("%s", async (_what, reply, failures) => {
		const { failed, requests } = await askAll(({ url }) => (url.includes("/sys/") ? refusal(403) : reply));
		// One more is about the version of the engine.
		expect({ failed, requests }).toEqual({ failed: failures, requests: PATHS.length + 1 });
	});

	it("though each fourth connection is cut", async () => {
		let count = 0;
		const { failures, failed } = await askAll(() =>
			++count % 4 === 0 ? { raw: "", after: "reset" } : found,
		);
		// One secret may have had it three times.
		expect(failed).toBeLessThan(30);
		expect(failures.length).toBeLessThanOrEqual(1);
	});

	it("though it fails for some of them at once, and answers others late", async () => {
		const late = Promise.withResolvers<void>();
		let failing = 0;
		const isBad = (url: string) => /\/s[0-4]$/.test(url);
		const { failed } = await askAll(async ({ url }) => {
			if (!isBad(url)) await late.promise;
			else if (++failing === 6) late.resolve();
			return isBad(url) ? refusal(500) : found;
		});
		expect(failed).toBe(5);
	});
});

import { describe, expect, it } from "vitest";
import { signalAfter } from "../../../src/backends/deadline.ts";
import { createPauses, withRetries } from "../../../src/backends/vault/retry.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, SENTINELS } from "./backend.ts";
import { mountAnswer, type Reply, refusal, secretV2, startFakeVault } from "./fake-vault.ts";

const found = secretV2({ c: SENTINELS.value });
const HTML = `<html>${SENTINELS.token}</html>`;
const asking = (reply: object, patience: string): Reply => ({
	...reply,
	headers: { "Retry-After": patience },
});

describe("A read that fails is made again", () => {
	it.each<[string, Record<string, string>, Record<string, number>, number]>([
		["twice", {}, {}, 3],
		["as often as the map says", {}, { retries: 1 }, 2],
		["not at all where the map says so", {}, { retries: 0 }, 1],
		[
			"as often as VAULT_MAX_RETRIES says, which beats the map",
			{ VAULT_MAX_RETRIES: "1" },
			{ retries: 0 },
			2,
		],
		["as often as BAO_MAX_RETRIES says", { BAO_MAX_RETRIES: "3\n" }, {}, 4],
		["not at all where VAULT_MAX_RETRIES is below zero", { VAULT_MAX_RETRIES: "-1" }, {}, 1],
		["as the map says where VAULT_MAX_RETRIES is empty", { VAULT_MAX_RETRIES: "" }, { retries: 1 }, 2],
	])("%s", async (_what, env, settings, count) => {
		await using vault = await startFakeVault(() => refusal(500));
		using backend = openBackend(vault.url, env, { settings });
		const error = await harmlessFailure(backend.read(request("a/b/c"), signalAfter(20_000)));
		expect(error.message).toMatch(/: HTTP 500/);
		expect(vault.calls).toHaveLength(count);
	});

	it.each(["many", "1.5", "2 3"])(
		"never, where VAULT_MAX_RETRIES is %s: nothing is asked",
		async (retries) => {
			await using vault = await startFakeVault(() => found);
			using backend = openBackend(vault.url, { VAULT_MAX_RETRIES: retries });
			const error = await harmlessFailure(backend.read(request("a/b/c"), signalAfter(20_000)));
			expect(error).toMatchObject({ code: "DSTA_CONFIG", message: "VAULT_MAX_RETRIES is no whole number" });
			expect(vault.connections.total).toBe(0);
		},
	);

	it.each<[string, Reply]>([
		["412", refusal(412)],
		["429", refusal(429)],
		["429 that asks for no patience", asking(refusal(429), "0")],
		["429 that asks for it in words that nobody knows", asking(refusal(429), "soon")],
		["500", refusal(500)],
		["500 of a standby", refusal(500, "local node not active but active cluster node not found")],
		["502 of a proxy", { status: 502, body: HTML }],
		["503 of a sealed server", refusal(503, "Vault is sealed")],
		["503 until a time that is over", asking({ status: 503, body: HTML }, new Date(0).toUTCString())],
		["504 of a proxy", { status: 504, body: HTML }],
		["a connection that ends", { raw: "", after: "end" }],
		["a connection that is reset", { raw: "", after: "reset" }],
	])("after %s: the secret counts", async (_what, first) => {
		await using vault = await startFakeVault((_call, count) => (count === 1 ? first : found));
		using backend = openBackend(vault.url);
		expect(await backend.read(request("a/b/c"), signalAfter(20_000))).toMatchObject({
			value: SENTINELS.value,
		});
		expect(vault.calls).toHaveLength(2);
	});

	it("when Retry-After is over", async () => {
		const times: number[] = [];
		await using vault = await startFakeVault((_call, count) => {
			times.push(performance.now());
			return count === 1 ? asking(refusal(429), "1") : found;
		});
		using backend = openBackend(vault.url);
		expect(await backend.read(request("a/b/c"), signalAfter(20_000))).toMatchObject({
			value: SENTINELS.value,
		});
		expect((times[1] as number) - (times[0] as number)).toBeGreaterThan(900);
	});

	it.each([
		["a number of seconds", () => "5", /, ask again in 5 s/],
		["an absurd number", () => "86400", /, ask again in 86400 s/],
		["a date", () => new Date(Date.now() + 3600_000).toUTCString(), /, ask again in 3[56]\d\d s/],
	])("never where the time is over before Retry-After is, by %s: that is told at once", async (...row) => {
		const [, patience, words] = row;
		await using vault = await startFakeVault(() => asking(refusal(429, "rate limit"), patience()));
		using backend = openBackend(vault.url);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signalAfter(4_000)));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toMatch(words);
		expect(vault.calls).toHaveLength(1);
	});
});

describe("An attempt to read that gets no answer", () => {
	const silentAt = (...counts: number[]) =>
		startFakeVault((_call, count) => (counts.includes(count) ? "silence" : found));

	it.each<[string, Record<string, number>, number]>([
		["for as long as the map says", { attemptTimeoutMs: 100 }, 20_000],
		["for half of the time that is left, where it says nothing", {}, 1_000],
	])("%s is made again", async (_what, settings, leftMs) => {
		await using vault = await silentAt(1);
		using backend = openBackend(vault.url, {}, { settings });
		expect(await backend.read(request("a/b/c"), signalAfter(leftMs))).toMatchObject({
			value: SENTINELS.value,
		});
		expect(vault.calls).toHaveLength(2);
	});

	it("in the end is told as what it is", async () => {
		await using vault = await silentAt(1, 2);
		using backend = openBackend(vault.url, {}, { settings: { attemptTimeoutMs: 50, retries: 1 } });
		const error = await harmlessFailure(backend.read(request("a/b/c"), signalAfter(20_000)));
		expect(error.code).toBe("DSTA_TIMEOUT");
		expect(error.message).toBe(`Vault not available: no answer in time from ${vault.url}`);
		expect(error.cure).toContain("vault.attempt_timeout");
		expect(vault.calls).toHaveLength(2);
	});

	it("takes all the time that is left when it is the last one", async () => {
		await using vault = await silentAt(1, 2);
		using backend = openBackend(vault.url, {}, { settings: { retries: 1 } });
		const error = await harmlessFailure(backend.read(request("a/b/c"), signalAfter(600)));
		expect(error.code).toBe("DSTA_TIMEOUT");
		expect(error.message).toBe(`Vault not available: no answer in time from ${vault.url}`);
		expect(vault.calls).toHaveLength(2);
	});

	it("to write is waited for, and not made again", async () => {
		const asked = Promise.withResolvers<void>();
		await using vault = await startFakeVault(async ({ method, url }) => {
			if (url.includes("/sys/")) return mountAnswer(2);
			if (method === "GET") return refusal(404);
			asked.resolve();
			await new Promise((resolve) => setTimeout(resolve, 150));
			return secretV2({ version: 1 });
		});
		using backend = openBackend(vault.url, {}, { settings: { attemptTimeoutMs: 50 } });
		const fields = new Map([["c", SENTINELS.value]]);
		const options = { replace: false, signal: signalAfter(20_000) };
		await backend.write("a/b", fields, options);
		await asked.promise;
		expect(vault.calls.filter(({ method }) => method === "POST")).toHaveLength(1);
	});
});

describe("The pause before a retry", () => {
	it("is drawn once for all requests that failed as often, up to a limit that doubles until it is two seconds", () => {
		let drawn = 0;
		const pauseMs = createPauses(() => 1 - drawn++ / 10);
		const twice = [0, 1, 2, 3, 4, 5, 6].map((retry) => [pauseMs(retry), pauseMs(retry)]);
		expect(twice.map(([first]) => first)).toEqual([100, 180, 320, 560, 960, 1000, 800]);
		expect(twice.every(([first, second]) => first === second)).toBe(true);
	});

	it("is another one for another process", () => {
		expect([0.2, 0.7].map((chance) => createPauses(() => chance)(0))).toEqual([20, 70]);
	});
});

describe("A request that lost to another", () => {
	it.each([
		["as often as others need to be done", "undone", 13],
		["not at all where it may have done something elsewhere", "untaken", 1],
		["that often beside its own retries", "always", 15],
		["not at all where nothing may be sent again", "never", 1],
	] as const)("is sent again %s (%s)", async (_what, repeat, count) => {
		let sent = 0;
		const outcome = await withRetries(
			async () => {
				sent++;
				return { status: 500, headers: {}, body: { errors: ["transaction commit failed"] } } as never;
			},
			{
				...{ repeat, retries: 2, attemptTimeoutMs: undefined, signal: signalAfter(20_000) },
				...{ timeLeftMs: () => 20_000, pauseMs: () => 0, onRetry: () => undefined },
			},
		);
		expect({ sent, outcome }).toMatchObject({ sent: count, outcome: { status: 500 } });
	});
});

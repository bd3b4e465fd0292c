import { describe, expect, it } from "vitest";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, readAll, SENTINELS } from "./backend.ts";
import { mountAnswer, type Reply, refusal, secretV2, startFakeVault } from "./fake-vault.ts";
import { expectFault, HTML, type Row } from "./fault-table.ts";

const { signal } = new AbortController();
const found = secretV2({ c: SENTINELS.value });

describe("What Vault answers", () => {
	it.each<Row>([
		[
			"400",
			refusal(400, "invalid\nversion"),
			"DSTA_CONFIG",
			/found the request for secret\/data\/a\/b wrong: invalid version$/,
			/mount/,
			1,
		],
		[
			"400 that repeats the token",
			refusal(400, `bad ${SENTINELS.token}`),
			"DSTA_CONFIG",
			/wrong: bad …$/,
			/mount/,
			1,
		],
		[
			"400 for a token that got lost",
			refusal(400, "missing client token"),
			"DSTA_CONFIG",
			/wrong: missing client token$/,
			/mount/,
			1,
		],
		[
			"400 of a proxy",
			{ status: 400, body: HTML },
			"DSTA_UNAVAILABLE",
			/: HTTP 400 with an answer that is not Vault's/,
			/health/,
			1,
		],
		[
			"401",
			refusal(401, "permission denied"),
			"DSTA_DENIED",
			/^Permission denied: Vault refused to read secret\/data\/a\/b$/,
			/vault token capabilities secret\/data\/a\/b/,
			1,
		],
		[
			"403",
			refusal(403, "1 error occurred:\n\t* permission denied\n\n"),
			"DSTA_DENIED",
			/^Permission denied: Vault refused to read secret\/data\/a\/b$/,
			/path "secret\/data\/a\/b" \{ capabilities = \["read"\] \}/,
			1,
		],
		[
			"403 for the token",
			refusal(403, "permission denied", "invalid token"),
			"DSTA_DENIED",
			/does not accept the token$/,
			/ make a new one \(vault token create -policy=dsta-policy\)\. The token in VAULT_TOKEN is /,
			1,
		],
		[
			"403 of a proxy",
			{ status: 403, body: HTML },
			"DSTA_DENIED",
			/^Permission denied: http:\S+ answers HTTP 403, and not as Vault does$/,
			/proxy/,
			1,
		],
		[
			"404 of a proxy",
			{ status: 404, body: HTML },
			"DSTA_UNAVAILABLE",
			/: HTTP 404 with an answer that is not Vault's/,
			/health/,
			1,
		],
		[
			"404 for the mount",
			refusal(404, 'no handler for route "secret/data/a/b". route entry not found.'),
			"DSTA_CONFIG",
			/has no secrets engine at secret\/$/,
			/vault secrets list/,
			1,
		],
		[
			"404 for an engine that is no KV engine",
			refusal(404, "1 error occurred:\n\t* unsupported path\n\n"),
			"DSTA_CONFIG",
			/The secrets engine at secret\/ of http:\S+ is no KV engine$/,
			/vault secrets list/,
			1,
		],
		[
			"404 for the namespace",
			refusal(404, "namespace not found"),
			"DSTA_CONFIG",
			/has no namespace/,
			/VAULT_NAMESPACE=/,
			1,
		],
		[
			"405",
			refusal(405, "1 error occurred:\n\t* unsupported operation\n\n"),
			"DSTA_CONFIG",
			/is no KV engine$/,
			/vault secrets list/,
			1,
		],
		["412", refusal(412, "required index state not present"), "DSTA_UNAVAILABLE", /: HTTP 412/, /health/, 3],
		[
			"429",
			refusal(429, "rate limit quota exceeded"),
			"DSTA_UNAVAILABLE",
			/: too many requests \(HTTP 429\)/,
			/quota/,
			3,
		],
		[
			"429 that asks for patience",
			{ ...refusal(429, "rate limit quota exceeded"), headers: { "Retry-After": "86400" } },
			"DSTA_UNAVAILABLE",
			/: too many requests \(HTTP 429\), ask again in 86400 s/,
			/quota/,
			1,
		],
		[
			"472",
			{ status: 472, body: { initialized: true } },
			"DSTA_UNAVAILABLE",
			/: http:\S+ is a standby \(HTTP 472\)$/,
			/vault status/,
			1,
		],
		["473", { status: 473 }, "DSTA_UNAVAILABLE", /: http:\S+ is a standby \(HTTP 473\)$/, /vault status/, 1],
		[
			"500",
			refusal(500, `internal ${SENTINELS.value}`),
			"DSTA_UNAVAILABLE",
			/: HTTP 500 \(http:/,
			/health/,
			3,
		],
		[
			"500 of a standby",
			refusal(500, "local node not active but active cluster node not found"),
			"DSTA_UNAVAILABLE",
			/: http:\S+ is a standby \(HTTP 500\)$/,
			/vault status/,
			3,
		],
		[
			"501",
			{ status: 501, body: { initialized: false } },
			"DSTA_UNAVAILABLE",
			/: HTTP 501 with/,
			/health/,
			3,
		],
		[
			"502 of a proxy",
			{ status: 502, body: HTML },
			"DSTA_UNAVAILABLE",
			/: HTTP 502 with an answer that is not Vault's/,
			/health/,
			3,
		],
		[
			"503 of a sealed server",
			refusal(503, "Vault is sealed"),
			"DSTA_UNAVAILABLE",
			/: http:\S+ is sealed$/,
			/vault operator unseal/,
			3,
		],
		[
			"503 of a proxy that asks for patience",
			{ status: 503, body: HTML, headers: { "Retry-After": "3600" } },
			"DSTA_UNAVAILABLE",
			/: HTTP 503 with an answer that is not Vault's, ask again in 3600 s/,
			/health/,
			1,
		],
		["504 of a proxy", { status: 504, body: HTML }, "DSTA_UNAVAILABLE", /: HTTP 504 with/, /health/, 3],
		[
			"200 with HTML",
			{ body: HTML },
			"DSTA_UNAVAILABLE",
			/: HTTP 200 with an answer that is not Vault's/,
			/health/,
			1,
		],
		["200 with an array", { body: "[]" }, "DSTA_UNAVAILABLE", /: HTTP 200 with/, /health/, 1],
		["200 with a string", { body: '"sentinel"' }, "DSTA_UNAVAILABLE", /: HTTP 200 with/, /health/, 1],
		["200 with nothing", { body: "" }, "DSTA_UNAVAILABLE", /: HTTP 200 with/, /health/, 1],
		["200 without data", { body: { data: null } }, "DSTA_UNAVAILABLE", /: HTTP 200 with/, /health/, 1],
		[
			"200 without metadata",
			{ body: { data: { data: {} } } },
			"DSTA_UNAVAILABLE",
			/: HTTP 200 with/,
			/health/,
			1,
		],
		[
			"200 that nests without end",
			{ body: "[".repeat(100_000) },
			"DSTA_UNAVAILABLE",
			/: HTTP 200 with/,
			/health/,
			1,
		],
		[
			"a wrapped answer",
			{ body: { data: null, wrap_info: { token: SENTINELS.token } } },
			"DSTA_UNAVAILABLE",
			/: HTTP 200 with/,
			/health/,
			1,
		],
		["204", { status: 204 }, "DSTA_UNAVAILABLE", /: HTTP 204 with/, /health/, 1],
		["302 to nowhere", { status: 302 }, "DSTA_UNAVAILABLE", /: HTTP 302 with/, /health/, 1],
	])("%s", async (...row) => {
		await expectFault(row);
	});

	it.each<[string, Reply]>([
		["404 without errors", refusal(404)],
		[
			"a deleted version",
			{
				status: 404,
				body: { data: { data: null, metadata: { version: 2, deletion_time: "2026-01-01T00:00:00Z" } } },
			},
		],
		[
			"a destroyed version",
			{ status: 404, body: { data: { data: null, metadata: { version: 2, destroyed: true } } } },
		],
		["a deleted version with 200", secretV2(null)],
		["another field", secretV2({ d: "x" })],
		["no field", secretV2({})],
		["null", secretV2({ c: null })],
	])("%s is absence", async (_what, reply) => {
		await using vault = await startFakeVault(({ url }) => (url.includes("/sys/") ? mountAnswer(2) : reply));
		using backend = openBackend(vault.url);
		expect(await backend.read(request("a/b/c"), signal)).toBeUndefined();
	});

	it("of a first try is named when the time for a second is over", async () => {
		const controller = new AbortController();
		await using vault = await startFakeVault((_call, count) => {
			if (count === 1) return refusal(503, "Vault is sealed");
			controller.abort();
			return "silence";
		});
		using backend = openBackend(vault.url);
		const error = await harmlessFailure(backend.read(request("a/b/c"), controller.signal));
		expect(error.code).toBe("DSTA_TIMEOUT");
		expect(error.message).toBe(`Vault not available: ${vault.url} is sealed, and no better answer in time`);
		expect(error.cure).toContain("vault operator unseal");
	});

	it("403 to one of several secrets is that one's alone", async () => {
		await using vault = await startFakeVault(({ url }) => {
			if (url.includes("/sys/")) return mountAnswer(2);
			return url.endsWith("/a/b") ? found : refusal(403, "permission denied");
		});
		using backend = openBackend(vault.url);
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: SENTINELS.value });
		expect((await harmlessFailure(backend.read(request("d/e/f"), signal))).code).toBe("DSTA_DENIED");
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: SENTINELS.value });
	});

	it("403 since the token has expired in between is told of what is left", async () => {
		let count = 0;
		await using vault = await startFakeVault(() => (++count === 1 ? found : refusal(403, "invalid token")));
		using backend = openBackend(vault.url);
		expect(await readAll(backend, ["a/b/c"])).toMatchObject([{ value: SENTINELS.value }]);
		const error = await harmlessFailure(readAll(backend, ["d/e/f"]));
		expect(error).toMatchObject({ code: "DSTA_DENIED", path: "d/e/f" });
		expect(error.message).toContain("does not accept the token");
		expect(count).toBe(2);
	});

	it("404 with a warning of a versioned engine, where the map says version 1, is a mistake of the map", async () => {
		const warnings = ["Invalid path for a versioned K/V secrets engine."];
		await using vault = await startFakeVault(() => ({ status: 404, body: { errors: [], warnings } }));
		using backend = openBackend(vault.url, {}, { settings: { kv: 1 } });
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_CONFIG");
		expect(error.message).toContain("has version 2, not 1");
	});

	it.each(["__proto__", "constructor", "a.b", "with space", "ü", "7", "A"])("has a key %j", async (key) => {
		const data = `{${JSON.stringify(key)}:"own"}`;
		await using vault = await startFakeVault(() => ({
			body: `{"data":{"data":${data},"metadata":{"version":1}}}`,
		}));
		using backend = openBackend(vault.url);
		expect(await backend.read(request(`a/b#${key}`), signal)).toMatchObject({ value: "own" });
		expect((await readAll(backend, ["a/b#a", "a/b#toString"])).every((one) => one === undefined)).toBe(true);
	});
});

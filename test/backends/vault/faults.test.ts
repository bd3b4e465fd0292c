import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { signalAfter } from "../../../src/backends/deadline.ts";
import type { ErrorCode } from "../../../src/errors.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, readAll, SENTINELS } from "./backend.ts";
import { mountAnswer, type Reply, refusal, secretV2, startFakeVault } from "./fake-vault.ts";

const { signal } = new AbortController();
const SECRET = `{"data":{"data":{"c":"${SENTINELS.value}"},"metadata":{"version":1}}}`;
const HTML = `<html>${SENTINELS.token} ${SENTINELS.value}</html>`;
const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
const chunked = `${HEAD}Transfer-Encoding: chunked\r\n\r\n10\r\n${SECRET.slice(0, 16)}\r\n`;
const lengthOf = (length: number) => `${HEAD}Content-Length: ${length}\r\n\r\n`;
const found = secretV2({ c: SENTINELS.value });

/** What was asked, the answer, then the failure: its code, its words, its cure, and the number of requests. */
type Row = readonly [string, Reply, ErrorCode, RegExp, RegExp, number];

async function expectFailure([, reply, code, message, cure, count]: Row): Promise<void> {
	await using vault = await startFakeVault(({ url }) => (url.includes("/sys/") ? mountAnswer(2) : reply));
	using backend = openBackend(vault.url);
	const error = await harmlessFailure(backend.read(request("a/b/c"), signalAfter(20_000)));
	expect({ code: error.code, path: error.path }).toEqual({ code, path: "a/b/c" });
	expect(error.message).toMatch(message);
	expect(error.cure).toMatch(cure);
	expect(vault.calls.filter(({ url }) => url === "/v1/secret/data/a/b")).toHaveLength(count);
}

describe("A connection to Vault", () => {
	it.each<Row>([
		[
			"ends before an answer",
			{ raw: "", after: "end" },
			"DSTA_UNAVAILABLE",
			/: Connection reset/,
			/health/,
			3,
		],
		[
			"is reset before an answer",
			{ raw: "", after: "reset" },
			"DSTA_UNAVAILABLE",
			/: Connection reset/,
			/health/,
			3,
		],
		[
			"ends within the header",
			{ raw: HEAD, after: "end" },
			"DSTA_UNAVAILABLE",
			/: Connection reset/,
			/health/,
			3,
		],
		[
			"is reset within the answer",
			{ raw: `${lengthOf(SECRET.length)}${SECRET.slice(0, 20)}`, after: "reset" },
			"DSTA_UNAVAILABLE",
			/: (?:its answer was cut short|Connection reset)/,
			/health/,
			3,
		],
		[
			"ends within an answer of known length",
			{ raw: `${lengthOf(SECRET.length + 1)}${SECRET}`, after: "end" },
			"DSTA_UNAVAILABLE",
			/: its answer was cut short/,
			/health/,
			3,
		],
		[
			"ends within a chunked answer",
			{ raw: chunked, after: "end" },
			"DSTA_UNAVAILABLE",
			/: its answer was cut short/,
			/health/,
			3,
		],
		[
			"ends within an answer of unknown length",
			{ raw: `${HEAD}Connection: close\r\n\r\n${SECRET.slice(0, -2)}`, after: "end" },
			"DSTA_UNAVAILABLE",
			/: HTTP 200 with an answer that is not Vault's/,
			/health/,
			1,
		],
		[
			"carries more than the length said",
			{ raw: `${lengthOf(SECRET.length - 2)}${SECRET}`, after: "stay" },
			"DSTA_UNAVAILABLE",
			/: (?:HTTP 200 with an answer that is not Vault's|its answer is not HTTP)/,
			/health|port/,
			1,
		],
		[
			"carries what is not HTTP",
			{ raw: "220 sentinel ESMTP\r\n", after: "end" },
			"DSTA_UNAVAILABLE",
			/: its answer is not HTTP/,
			/port/,
			1,
		],
		[
			"changes to another protocol",
			{ raw: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", after: "stay" },
			"DSTA_UNAVAILABLE",
			/: it changes to another protocol/,
			/health/,
			1,
		],
		[
			"carries a secret that is not UTF-8",
			{ body: Buffer.from(SECRET.replace("sentinel", "sent\u00efnel"), "latin1") },
			"DSTA_UNAVAILABLE",
			/: HTTP 200 with an answer that is not Vault's/,
			/health/,
			1,
		],
		[
			"carries an endless header",
			{ raw: `${HEAD}X-Long: ${"x".repeat(2 * 1024 * 1024)}`, after: "stay" },
			"DSTA_UNAVAILABLE",
			/: its answer is not HTTP/,
			/port/,
			1,
		],
		[
			"carries an answer over 10 MiB",
			{ body: `{"data":"${"x".repeat(11 * 1024 * 1024)}"}` },
			"DSTA_UNAVAILABLE",
			/: its answer is over 10 MiB/,
			/health/,
			1,
		],
		[
			"carries a compressed answer that nobody asked for",
			{ headers: { "Content-Encoding": "gzip" }, body: gzipSync(SECRET) },
			"DSTA_UNAVAILABLE",
			/: HTTP 200 with an answer that is not Vault's/,
			/health/,
			1,
		],
	])("that %s makes it unavailable", async (...row) => {
		await expectFailure(row);
	});

	it.each([
		[
			"is refused",
			"http://127.0.0.1:1",
			/^Vault not available: Connection refused \(http:\/\/127\.0\.0\.1:1\)$/,
		],
		[
			"has no host",
			"http://vault.example.invalid:8200",
			/^Vault not available: Host name (?:not found|could not be resolved)/,
		],
	])("that %s makes it unavailable", async (_what, address, message) => {
		using backend = openBackend(address);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toMatch(message);
		expect(error.cure).toContain(`VAULT_ADDR is ${address}`);
	});

	it.each<[string, Reply]>([
		["answers nothing", "silence"],
		["does not end its header", { raw: HEAD, after: "stay" }],
		["does not end its answer", { raw: chunked, after: "stay" }],
	])("that %s is given up in time", async (_what, reply) => {
		await using vault = await startFakeVault(() => reply);
		using backend = openBackend(vault.url);
		const controller = new AbortController();
		const reads = Promise.allSettled(
			["a/b/c", "d/e/f"].map((path) => harmlessFailure(backend.read(request(path), controller.signal))),
		);
		await vault.nextCall();
		controller.abort();
		for (const outcome of await reads)
			expect(outcome).toMatchObject({
				value: { code: "DSTA_TIMEOUT", message: `Vault not available: no answer in time from ${vault.url}` },
			});
	});

	it("that broke once is made again", async () => {
		await using vault = await startFakeVault((_call, count) =>
			count === 1 ? { raw: lengthOf(1000), after: "reset" } : found,
		);
		using backend = openBackend(vault.url);
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: SENTINELS.value });
		expect(vault.calls).toHaveLength(2);
	});

	it("that was kept alive and is closed when the next request comes costs no attempt", async () => {
		let errors = 0;
		await using vault = await startFakeVault(({ turn, url }) => {
			if (url.endsWith("/d/e")) return found;
			if (turn > 1) return { raw: "", after: "reset" };
			return ++errors < 3 ? { ...refusal(500), headers: { Connection: "close" } } : found;
		});
		using backend = openBackend(vault.url);
		await readAll(backend, ["d/e/c"]);
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: SENTINELS.value });
		expect(vault.calls.map(({ turn }) => turn)).toEqual([1, 2, 1, 1, 1]);
	});

	it("is replaced when all that were kept alive are closed at their next requests", async () => {
		let came = 0;
		const all = Promise.withResolvers<void>();
		await using vault = await startFakeVault(async ({ turn }) => {
			if (turn > 1) return { raw: "", after: "reset" };
			// So that each has a connection of its own.
			if (++came === 8) all.resolve();
			await all.promise;
			return found;
		});
		using backend = openBackend(vault.url);
		const paths = Array.from({ length: 8 }, (_, index) => `s${index}/c`);
		for (const wave of [paths, paths])
			expect((await readAll(backend, wave)).map((one) => one?.value)).toEqual(
				wave.map(() => SENTINELS.value),
			);
	});
});

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
			/vault token lookup/,
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
		await expectFailure(row);
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

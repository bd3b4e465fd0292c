import { describe, expect, it } from "vitest";
import type { Overrides } from "../../../src/backends/backend.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, SENTINELS } from "./backend.ts";
import { type FakeVault, type Reply, refusal, secretV2, startFakeVault } from "./fake-vault.ts";

const { signal } = new AbortController();
const RAW: Overrides = { engine: "raw" };
const POST: Overrides = { engine: "raw", method: "POST" };
const CREDS = "database/creds/app";

const ask = (path: string, overrides = RAW) => request(path, { overrides });

/** Another user each time. */
const lend = (_call: unknown, count: number) => ({
	body: { lease_id: `l${count}`, lease_duration: 60, data: { username: `u${count}`, password: `p${count}` } },
});
const linesOf = (vault: FakeVault) =>
	vault.calls.map(({ method, url, text }) => `${method} ${url} ${text}`.trim());

describe("an engine other than KV", () => {
	it("gives all fields from one answer, in whichever form and whenever they are asked for", async () => {
		await using vault = await startFakeVault(lend);
		using backend = openBackend(vault.url);
		const paths = [`${CREDS}#username`, `${CREDS}/password`, `${CREDS}#/username`, `${CREDS}/*`];
		const found = await Promise.all(paths.map((path) => backend.read(ask(path), signal)));
		const later = await backend.read(ask(`${CREDS}#password`), new AbortController().signal);
		expect([...found, later].map((one) => one?.value)).toEqual([
			"u1",
			"p1",
			"u1",
			{ username: "u1", password: "p1" },
			"p1",
		]);
		expect(later?.location).toBe(CREDS);
		expect(linesOf(vault)).toEqual([`GET /v1/${CREDS}`]);
	});

	it("is asked by its whole path, with the data of the entry, where that is another once more", async () => {
		await using vault = await startFakeVault(lend);
		using backend = openBackend(vault.url);
		const questions = [
			ask(`${CREDS}#username`),
			ask(`${CREDS}#username`, { ...RAW, namespace: "team" }),
			ask("aws/creds/a b#x", { ...RAW, data: '{"ttl":"1h","policy":["a&b","c"]}' }),
			ask("pki/issue/web#x", POST),
			ask("pki/issue/web#x", { ...POST, data: '{"common_name":"a","sans":["b"]}' }),
			ask("pki/issue/web#x", { ...POST, data: '{"common_name":"b"}' }),
		];
		for (const question of questions) await backend.read(question, signal);
		expect(linesOf(vault)).toEqual([
			`GET /v1/${CREDS}`,
			`GET /v1/${CREDS}`,
			"GET /v1/aws/creds/a%20b?ttl=1h&policy=a%26b&policy=c",
			"POST /v1/pki/issue/web {}",
			'POST /v1/pki/issue/web {"common_name":"a","sans":["b"]}',
			'POST /v1/pki/issue/web {"common_name":"b"}',
		]);
		expect(vault.calls.map(({ headers }) => headers["x-vault-namespace"])).toEqual([
			undefined,
			"team",
			...Array(4).fill(undefined),
		]);
	});

	it.each<[string, Reply]>([
		["an error of the engine", refusal(500, "internal error")],
		["502 of a proxy", { status: 502, body: "<html></html>" }],
		["a cut answer", { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"data":', after: "end" }],
		["a reset", { raw: "", after: "reset" }],
	])("is never asked again after %s: what it was asked, it may have done", async (_what, reply) => {
		await using vault = await startFakeVault(() => reply);
		using backend = openBackend(vault.url);
		for (const overrides of [RAW, POST]) {
			const error = await harmlessFailure(backend.read(ask(`${CREDS}#password`, overrides), signal));
			expect(error.code).toBe("DSTA_UNAVAILABLE");
		}
		expect(vault.calls.map(({ method }) => method)).toEqual(["GET", "POST"]);
	});

	it("is not asked again over another connection where a kept one is lost", async () => {
		await using vault = await startFakeVault((call, count) => {
			if (call.url.includes("/secret/")) return secretV2({ c: "v" });
			return call.turn === 1 ? lend(call, count) : { raw: "", after: "reset" };
		});
		using backend = openBackend(vault.url);
		await backend.read(request("a/b/c"), signal);
		await backend
			.read(ask(`${CREDS}#password`), signal)
			.catch((error) => expect(error.code).toBe("DSTA_UNAVAILABLE"));
		expect(vault.calls.filter(({ url }) => url.endsWith(CREDS))).toHaveLength(1);
	});

	const WORDS = `failed: postgres://root:${SENTINELS.value}@db/postgres`;
	it.each<[string, Reply, string, RegExp, RegExp]>([
		[
			"a role that it does not know",
			refusal(400, "unknown role: app"),
			"DSTA_CONFIG",
			/it knows no such role$/,
			/vault read/,
		],
		[
			"a refusal in words of its own",
			refusal(400, WORDS),
			"DSTA_CONFIG",
			/refuses database\/creds\/app$/,
			/not shown/,
		],
		[
			"no engine",
			refusal(404, "no handler for route"),
			"DSTA_CONFIG",
			/has no secrets engine for/,
			/secrets list/,
		],
		[
			"another method",
			refusal(405, "1 error occurred:\n\t* unsupported operation\n\n"),
			"DSTA_CONFIG",
			/has no GET of database\/creds\/app/,
			/POST/,
		],
		[
			"another path",
			refusal(404, "1 error occurred:\n\t* unsupported path\n\n"),
			"DSTA_CONFIG",
			/has no GET of/,
			/path-help/,
		],
		[
			"no permission",
			refusal(403, "permission denied"),
			"DSTA_DENIED",
			/^Permission denied: Vault refused to read database\/creds\/app/,
			/"read"/,
		],
		[
			"a database that is down",
			refusal(500, WORDS),
			"DSTA_UNAVAILABLE",
			/could not make database\/creds\/app \(HTTP 500/,
			/database/,
		],
		["a sealed server", refusal(503, "Vault is sealed"), "DSTA_UNAVAILABLE", /is sealed/, /unseal/],
		[
			"a wrapped answer",
			{ body: { data: null, wrap_info: { token: SENTINELS.token } } },
			"DSTA_CONFIG",
			/wraps its answer/,
			/min_wrapping_ttl/,
		],
		[
			"a KV engine of version 2",
			{ status: 404, body: { data: null, warnings: ["Invalid path for a versioned K/V secrets engine."] } },
			"DSTA_CONFIG",
			/database\/creds\/app is in a KV engine of version 2/,
			/engine: raw/,
		],
		[
			"a login",
			{ body: { data: null, auth: { client_token: SENTINELS.token } } },
			"DSTA_CONFIG",
			/logs in/,
			/vault\.auth/,
		],
		[
			"HTML",
			{ body: "<html></html>" },
			"DSTA_UNAVAILABLE",
			/HTTP 200 with an answer that is not Vault's/,
			/health/,
		],
		["JSON of another kind", { body: { initialized: true } }, "DSTA_UNAVAILABLE", /HTTP 200 with/, /health/],
	])(
		"fails in its own words, and shows none of the engine's: %s",
		async (_what, reply, code, message, cure) => {
			await using vault = await startFakeVault(() => reply);
			using backend = openBackend(vault.url);
			const error = await harmlessFailure(backend.read(ask(`${CREDS}#password`), signal));
			expect(error).toMatchObject({ code, path: `${CREDS}#password` });
			expect(error.message).toMatch(message);
			expect(error.cure).toMatch(cure);
		},
	);

	it.each<[string, Reply]>([
		["404 without errors", refusal(404)],
		["204", { status: 204 }],
		["no data", { body: { data: null, warnings: null } }],
		["another field", { body: { data: { username: "u" } } }],
		["null", { body: { data: { password: null } } }],
	])("does not have it: %s", async (_what, reply) => {
		await using vault = await startFakeVault(() => reply);
		using backend = openBackend(vault.url);
		const question = ask(`${CREDS}#password`);
		expect(await backend.read(question, signal)).toBeUndefined();
		expect(backend.locations(question)).toEqual([`${CREDS} key password`]);
		expect(backend.advice(question)).toContain(`vault read ${CREDS}`);
	});

	it("warns of data that it does not know, and of nothing else", async () => {
		const warnings = [
			"Endpoint ignored these unrecognized parameters: [tll sans]",
			`TTL of ${SENTINELS.value}`,
		];
		await using vault = await startFakeVault(() => ({ body: { data: { password: "p" }, warnings } }));
		const logged: string[] = [];
		using backend = openBackend(vault.url, {}, { log: (level, text) => logged.push(`${level}: ${text}`) });
		await backend.read(ask(`${CREDS}#password`), signal);
		expect(logged).toEqual([
			`warn: Vault knows no tll sans in the data of ${CREDS}#password, and has ignored it`,
		]);
	});
});

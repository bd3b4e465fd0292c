import { describe, expect, it } from "vitest";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, readAll, SENTINELS } from "./backend.ts";
import { type Call, mountAnswer, type Program, refusal, secretV2, startFakeVault } from "./fake-vault.ts";

const { signal } = new AbortController();
const SECRETS = Array.from({ length: 20 }, (_, index) => `s${index}`);
const LOOKUP = /^\/v1\/sys\/internal\/ui\/mounts\//;

/** A mount secret/ of version 1: every secret has the field c. */
const versionOne: Program = ({ url }) => {
	if (LOOKUP.test(url)) return mountAnswer(1);
	return url.startsWith("/v1/secret/data/") ? refusal(404) : { body: { data: { c: "v" } } };
};
const lookupsOf = (calls: readonly Call[]) => calls.filter(({ url }) => LOOKUP.test(url));

describe("Requests to Vault", () => {
	it("share at most 32 connections, which later reads use again", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }));
		using backend = openBackend(vault.url);
		const paths = Array.from({ length: 100 }, (_, index) => `s${index}/c`);
		expect(await readAll(backend, paths)).toHaveLength(100);
		expect(vault.calls).toHaveLength(100);
		expect(vault.connections.peak).toBeLessThanOrEqual(32);
		const { total } = vault.connections;
		await readAll(backend, paths);
		expect(vault.connections.total).toBe(total);
	});

	it("that may not be sent twice take no connection that was used before", async () => {
		await using vault = await startFakeVault(({ method, url }) => {
			if (LOOKUP.test(url)) return mountAnswer(2);
			return secretV2(method === "GET" ? { c: "v" } : { version: 2 });
		});
		using backend = openBackend(vault.url);
		await backend.read(request("a/b/c"), signal);
		for (let count = 0; count < 3; count++)
			await backend.write("a/b", new Map([["c", "w"]]), { replace: false, signal });
		const turnsOf = (one: string) =>
			vault.calls.filter(({ method }) => method === one).map(({ turn }) => turn);
		expect(turnsOf("POST")).toEqual([1, 1, 1]);
		expect(Math.max(...turnsOf("GET"))).toBeGreaterThan(1);
	});

	it.each<[string, string, (backend: Disposable, controller: AbortController) => void]>([
		["with the others", "DSTA_TIMEOUT", (_, controller) => controller.abort()],
		["when the backend is closed", "DSTA_UNAVAILABLE", (backend) => backend[Symbol.dispose]()],
	])(
		"that still wait for a connection are given up %s, and none comes after them",
		async (_how, code, end) => {
			const controller = new AbortController();
			let count = 0;
			const full = Promise.withResolvers<void>();
			await using vault = await startFakeVault(() => {
				if (++count === 32) full.resolve();
				return "silence";
			});
			using backend = openBackend(vault.url);
			const paths = Array.from({ length: 40 }, (_, index) => `s${index}/c`);
			const failing = paths.map((path) => harmlessFailure(backend.read(request(path), controller.signal)));
			await full.promise;
			end(backend, controller);
			expect((await Promise.all(failing)).map((error) => error.code)).toEqual(paths.map(() => code));
			expect(vault.calls).toHaveLength(32);
		},
	);

	it("are one per secret, version and place", async () => {
		await using vault = await startFakeVault(({ headers, url }) =>
			secretV2({ c: `${url} in ${headers["x-vault-namespace"]}`, d: "v" }),
		);
		using backend = openBackend(vault.url, { VAULT_NAMESPACE: "team" });
		const reads = [
			request("a/b/c"),
			request("a/b/d"),
			request("a/b#c"),
			request("a/b/*"),
			request("a/b/c", { version: 2 }),
			request("a/b/d", { version: "2" }),
			request("a/b/c", { overrides: { namespace: "other" } }),
			request("a/b/c", { overrides: { mount: "kv" } }),
		];
		const found = await Promise.all(reads.map((one) => backend.read(one, signal)));
		expect(
			found.map((one) => one?.value).filter((value) => typeof value === "string" && value !== "v"),
		).toEqual([
			"/v1/secret/data/a/b in team",
			"/v1/secret/data/a/b in team",
			"/v1/secret/data/a/b?version=2 in team",
			"/v1/secret/data/a/b in other",
			"/v1/kv/data/a/b in team",
		]);
		expect(vault.calls).toHaveLength(4);
	});

	it.each([
		["none", "", undefined],
		["a namespace", "/team/a/", "team/a"],
	])("say what Vault wants to hear, in %s", async (_what, namespace, header) => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }));
		using backend = openBackend(vault.url, { VAULT_NAMESPACE: namespace });
		await backend.read(request("a/b/c"), signal);
		expect(vault.calls).toMatchObject([
			{ method: "GET", headers: { "x-vault-token": SENTINELS.token, "x-vault-request": "true" } },
		]);
		expect(vault.calls[0]?.headers["x-vault-namespace"]).toBe(header);
		expect(vault.calls[0]?.headers).not.toHaveProperty("accept-encoding");
	});

	it("percent-encode the segments of a path", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }));
		using backend = openBackend(vault.url);
		await backend.read(request("a b/ü?%&c=1;+/c"), signal);
		expect(vault.calls[0]?.url).toBe("/v1/secret/data/a%20b/%C3%BC%3F%25%26c%3D1%3B%2B");
	});
});

describe("The version of the engine", () => {
	it("is looked up once for a wave of secrets, and known from then on", async () => {
		await using vault = await startFakeVault(versionOne);
		using backend = openBackend(vault.url);
		const paths = SECRETS.map((secret) => `${secret}/c`);
		expect((await readAll(backend, paths)).map((found) => found?.value)).toEqual(SECRETS.map(() => "v"));
		expect(lookupsOf(vault.calls)).toHaveLength(1);
		expect(vault.calls).toHaveLength(2 * SECRETS.length + 1);
		await readAll(backend, paths);
		expect(vault.calls).toHaveLength(3 * SECRETS.length + 1);
	});

	it("is not looked up where an answer tells it", async () => {
		await using vault = await startFakeVault(({ url }) =>
			url.endsWith("/s0") ? secretV2({ c: "v" }) : refusal(404),
		);
		using backend = openBackend(vault.url);
		expect(await readAll(backend, ["s0/c"])).toMatchObject([{ value: "v" }]);
		expect(await readAll(backend, ["s1/c"])).toEqual([undefined]);
		expect(lookupsOf(vault.calls)).toEqual([]);
	});

	it.each([
		["2", 2 as const, "/v1/secret/data/s0"],
		["1", 1 as const, "/v1/secret/s0"],
	])("is not looked up where the map says %s", async (_what, kv, url) => {
		await using vault = await startFakeVault(() => refusal(404));
		using backend = openBackend(vault.url, {}, { settings: { kv } });
		expect(await readAll(backend, ["s0/c"])).toEqual([undefined]);
		expect(vault.calls.map((call) => call.url)).toEqual([url]);
	});

	it("that one entry claims is no other entry's", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }));
		using backend = openBackend(vault.url);
		await backend.read(request("data/s0#/data/c", { overrides: { kv: 1 } }), signal);
		expect(await readAll(backend, ["s0/c"])).toMatchObject([{ value: "v", location: "secret/data/s0" }]);
	});

	it("that the server does not tell is taken for 2", async () => {
		await using vault = await startFakeVault(() => refusal(403, "permission denied"));
		using backend = openBackend(vault.url);
		const failures = await Promise.all(
			SECRETS.map((secret) => harmlessFailure(backend.read(request(`${secret}/c`), signal))),
		);
		expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(["DSTA_DENIED"]));
		expect(lookupsOf(vault.calls)).toHaveLength(1);
	});

	it("that cannot be looked up leaves the secret unavailable, not absent", async () => {
		await using vault = await startFakeVault(({ url }) =>
			LOOKUP.test(url) ? { status: 502, body: "<html></html>" } : refusal(404),
		);
		using backend = openBackend(vault.url);
		expect((await harmlessFailure(backend.read(request("s0/c"), signal))).code).toBe("DSTA_UNAVAILABLE");
	});

	it("is found out again by a read that goes on when another one gives up", async () => {
		const { promise: lookedUp, resolve } = Promise.withResolvers<void>();
		await using vault = await startFakeVault((call, count) => {
			if (!LOOKUP.test(call.url) || count > 1) return versionOne(call, count);
			resolve();
			return "silence";
		});
		using backend = openBackend(vault.url);
		const controller = new AbortController();
		const given = harmlessFailure(backend.read(request("s0/c"), controller.signal));
		await lookedUp;
		const kept = backend.read(request("s0/c"), signal);
		controller.abort();
		expect((await given).code).toBe("DSTA_TIMEOUT");
		expect(await kept).toMatchObject({ value: "v" });
	});

	it("1 keeps no versions of a secret: a pinned one is a mistake", async () => {
		await using vault = await startFakeVault(versionOne);
		using backend = openBackend(vault.url);
		const error = await harmlessFailure(backend.read(request("s0/c", { version: 3 }), signal));
		expect(error.code).toBe("DSTA_CONFIG");
		expect(error.message).toContain("keeps no versions");
	});
});

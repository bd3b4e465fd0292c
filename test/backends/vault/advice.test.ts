import { describe, expect, it } from "vitest";
import type { BackendContext, Overrides } from "../../../src/backends/backend.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend } from "./backend.ts";
import { mountAnswer, type Reply, refusal, startFakeVault } from "./fake-vault.ts";
import { fileWith } from "./logins.ts";

const { signal } = new AbortController();

describe("What Vault advises where a secret is missing", () => {
	it("quotes for the shell what is not plain", async () => {
		await using vault = await startFakeVault(() => refusal(403, "permission denied"));
		using backend = openBackend(vault.url);
		const odd = request("a b;c/d's#e $f");
		expect(backend.advice(odd)).toBe(
			`List what is there (vault kv list 'secret/a b;c/'), look at it (vault kv get 'secret/a b;c/d'\\''s'), or create it: vault kv put 'secret/a b;c/d'\\''s' 'e $f'=…; where it has other fields that shall stay, dsta-run put 'a b;c/d'\\''s' 'e $f'=…`,
		);
		const error = await harmlessFailure(backend.read(odd, signal));
		expect(error.cure).toContain(`vault token capabilities 'secret/data/a b;c/d'\\''s'`);
	});

	it("says which versions there are where one is pinned, and to write none", () => {
		using backend = openBackend("http://127.0.0.1:1", { VAULT_NAMESPACE: "dsta" });
		const pinned = { ...request("broker/kraken/std"), version: 99 };
		expect(backend.locations(pinned)).toEqual(["secret/data/broker/kraken key std in version 99"]);
		expect(backend.advice(pinned)).toBe(
			"See which versions there are (VAULT_NAMESPACE=dsta vault kv metadata get secret/broker/kraken), and what this one holds: VAULT_NAMESPACE=dsta vault kv get -version=99 secret/broker/kraken",
		);
	});
});

describe("What Vault advises where a namespace is missing", () => {
	it.each([
		["dtsa", "VAULT_NAMESPACE= vault namespace list", "VAULT_NAMESPACE= vault namespace create dtsa"],
		[
			"dsta/team/a b",
			"VAULT_NAMESPACE=dsta/team vault namespace list",
			"VAULT_NAMESPACE=dsta/team vault namespace create 'a b'",
		],
	])("is to list and to create in the one above: of %s", async (namespace, list, create) => {
		await using vault = await startFakeVault(() => refusal(404, "namespace not found"));
		using backend = openBackend(vault.url, { VAULT_NAMESPACE: namespace });
		const { cure } = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(cure).toContain(`(${list}), or to nothing for none; or create it: ${create}`);
	});
});

describe("What Vault advises where a namespace is wrong", () => {
	const ENTRY = { namespace: "own" };
	const AUTH = { auth: { method: "jwt", token: { env: "CI_JWT" }, namespace: "login" } };
	const LOGIN = { VAULT_TOKEN: "", CI_JWT: "sentinel-jwt" };

	it.each<[string, BackendContext["env"], object, Overrides?]>([
		["VAULT_NAMESPACE", { VAULT_NAMESPACE: "here" }, { namespace: "map" }],
		["BAO_NAMESPACE", { VAULT_NAMESPACE: undefined, BAO_NAMESPACE: "here" }, { namespace: "map" }],
		["VAULT_NAMESPACE", { VAULT_NAMESPACE: undefined }, {}],
		["vault.namespace", { VAULT_NAMESPACE: undefined }, { namespace: "map" }],
		["vault.namespace of the entry", { VAULT_NAMESPACE: "here" }, { namespace: "map" }, ENTRY],
		["vault.auth.namespace", { VAULT_NAMESPACE: "here", ...LOGIN }, AUTH, ENTRY],
	])("is to set what has set it: %s", async (origin, env, settings, overrides = {}) => {
		await using vault = await startFakeVault(() => refusal(404, "namespace not found"));
		using backend = openBackend(vault.url, env, { settings: settings as BackendContext["settings"] });
		const { cure } = await harmlessFailure(backend.read({ ...request("a/b/c"), overrides }, signal));
		expect(cure).toContain(`Set ${origin} to one that exists`);
	});
});

describe("What Vault advises where a token may not list", () => {
	it("is to let it, which no policy for the map does", async () => {
		await using vault = await startFakeVault(({ url }) =>
			url.includes("/sys/") ? mountAnswer(2) : refusal(403, "permission denied"),
		);
		using backend = openBackend(vault.url);
		const { cure } = await harmlessFailure(Promise.resolve(backend.list?.("a/b", signal)));
		expect(cure).toContain(
			'add path "secret/metadata/a/b" { capabilities = ["list"] } to its policy. A mount',
		);
		expect(cure).not.toContain("dsta-run policy");
	});
});

describe("Each command of the vault program in an advice", () => {
	const APPROLE = { VAULT_TOKEN: "", VAULT_ROLE_ID: "role", VAULT_SECRET_ID: "sentinel-secret-id" };
	const JWT = { VAULT_TOKEN: "", VAULT_AUTH_METHOD: "jwt", VAULT_JWT_FILE: fileWith("sentinel-jwt") };
	const RAW = { engine: "raw" };
	/** A command that says none; what is exported would hold for the next run as well. */
	const BARE = /(?<!VAULT_NAMESPACE=\S* )\bvault [a-z]|\bexport /;

	it.each<[string, Reply, Record<string, string>?, Overrides?]>([
		["a mount that does not exist", refusal(404, 'no handler for route "secret/data/a/b"')],
		["a namespace that does not exist", refusal(404, "namespace not found")],
		["an engine of another kind", refusal(404, "unsupported path")],
		["an unknown token", refusal(403, "permission denied", "invalid token")],
		["a denied path", refusal(403, "permission denied")],
		["a rate limit", refusal(429, "rate limit quota exceeded")],
		["a sealed server", refusal(503, "Vault is sealed")],
		["an answer of another server", { status: 404, body: "<html>" }],
		["no token", refusal(403), { VAULT_TOKEN: "" }],
		["a refused login", refusal(400, "invalid role or secret ID"), APPROLE],
		["a refused web token", refusal(400, "token is expired"), JWT],
		["a login that does not exist", refusal(404, "no handler for route"), APPROLE],
		["an engine that does not exist", refusal(404, "no handler for route"), {}, RAW],
		["an operation that an engine has not", refusal(405, "unsupported operation"), {}, RAW],
		["what an engine refuses", refusal(400, "unknown role"), {}, RAW],
	])("says its namespace: of %s", async (_what, reply, env = {}, overrides = {}) => {
		await using vault = await startFakeVault(() => reply);
		using backend = openBackend(vault.url, { VAULT_NAMESPACE: "dsta", VAULT_MAX_RETRIES: "0", ...env });
		const { cure } = await harmlessFailure(backend.read({ ...request("a/b/c"), overrides }, signal));
		expect(cure).toMatch(/\bvault [a-z]/);
		expect(cure).not.toMatch(BARE);
	});

	it.each(["read", "revision"] as const)("is whole where a version is no number: of %s", async (verb) => {
		using backend = openBackend("http://127.0.0.1:1", { VAULT_NAMESPACE: "dsta" });
		const odd = { ...request("a/b/c"), version: "v3", overrides: { mount: "kv", namespace: "own" } };
		const { cure } = await harmlessFailure(Promise.resolve(backend[verb]?.(odd, signal)));
		expect(cure).toBe(
			"Write version: 3 (VAULT_NAMESPACE=own vault kv metadata get kv/a/b lists them), or give the entry backend: aws.",
		);
	});

	it("says its namespace: of an engine that keeps no versions", async () => {
		await using vault = await startFakeVault(() => mountAnswer(1));
		using backend = openBackend(vault.url, { VAULT_NAMESPACE: "dsta" });
		const cures = await Promise.all(
			[
				backend.read({ ...request("a/b/c"), version: 3 }, signal),
				Promise.resolve(backend.annotations?.write("a/b", new Map([["owner", "me"]]), signal)),
			].map(async (action) => (await harmlessFailure(action)).cure),
		);
		for (const cure of cures) {
			expect(cure).toContain("VAULT_NAMESPACE=dsta vault kv enable-versioning secret/");
			expect(cure).not.toMatch(BARE);
		}
	});

	it.each([{}, RAW])("says its namespace: of what is not there, with %j", (overrides) => {
		using backend = openBackend("http://127.0.0.1:1", { VAULT_NAMESPACE: "dsta" });
		const advice = backend.advice({ ...request("a/b/c"), overrides: { ...overrides, namespace: "own" } });
		expect(advice).toContain("VAULT_NAMESPACE=own vault ");
		expect(advice).not.toMatch(BARE);
	});
});

describe("What Vault advises where a token of a login is refused", () => {
	const NAMESPACES: readonly [login: string, secret: string, home: string, apiPath: string][] = [
		["login", "login", "VAULT_NAMESPACE=login ", "secret/data/a/b"],
		["login", "login/team", "VAULT_NAMESPACE=login ", "team/secret/data/a/b"],
		["", "team", "", "team/secret/data/a/b"],
	];
	const refusedIn = async (login: string, namespace: string, ...errors: readonly string[]) => {
		await using vault = await startFakeVault(({ url }) => {
			if (url.endsWith("/login")) return { body: { auth: { client_token: "hvs.sentinel-made" } } };
			return url.endsWith("/lookup-self") ? { body: { data: {} } } : refusal(403, ...errors);
		});
		const auth = { method: "jwt", token: { env: "CI_JWT" }, namespace: login };
		const env = { VAULT_TOKEN: "", VAULT_NAMESPACE: "here", CI_JWT: "sentinel-jwt" };
		using backend = openBackend(vault.url, env, { settings: { auth } });
		const overrides = { namespace, kv: 2 };
		return await harmlessFailure(backend.read({ ...request("a/b/c"), overrides }, signal));
	};

	it.each(NAMESPACES)(
		"is of the namespace %j, from which %j is seen",
		async (login, secret, home, apiPath) => {
			const { cure } = await refusedIn(login, secret, "permission denied");
			expect(cure).toContain(`(${home}vault token lookup)`);
			expect(cure).toContain(`(${home}vault token capabilities ${apiPath})`);
			expect(cure).toContain(`add path "${apiPath}" {`);
			expect(cure).toContain(`(${home}vault policy write dsta-policy policy.hcl)`);
			expect(cure).toContain(`(${home}vault token create -policy=dsta-policy)`);
		},
	);

	it("is of the namespace of the token, where that is none any more", async () => {
		const { cure } = await refusedIn("login", "login/team", "permission denied", "invalid token");
		expect(cure).toContain("make a new one (VAULT_NAMESPACE=login vault token create ");
	});

	it("is to log in above, where the secret is in no namespace that it reaches", async () => {
		const { cure } = await refusedIn("login", "other", "permission denied");
		expect(cure).toBe(
			"The token is of the namespace login, from which it does not reach other. Set vault.auth.namespace to one that has all of the map's below it.",
		);
	});
});

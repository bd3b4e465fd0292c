import { once } from "node:events";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openBackend as openVault } from "../backends/vault/backend.ts";
import { type FakeVault, startFakeVault } from "../backends/vault/fake-vault.ts";
import { createAppRole, fileWith } from "../backends/vault/logins.ts";
import { ask, openBackend } from "../contract/harness.ts";
import { type Ended, folderWith, launch } from "../process/launch.ts";
import { askVault } from "../servers/start.ts";
import { startProxy } from "../servers/wire.ts";
import { printPolicy, STANZA, stanzasOf } from "./policy.ts";
import { rotate } from "./rotate.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
/** Of this file alone, with another one below it. */
const HOME = "policies";
const TEAM = `${HOME}/team`;
const VAULT = { VAULT_ADDR: ADDRESS, VAULT_NAMESPACE: HOME };
const NAME = "under-test";

const ISSUE = "vault: { engine: raw, method: POST, data: { common_name: web.example.com, ttl: 1h } }";
const LENT = `vault: { engine: raw, namespace: ${TEAM} }`;
const MAP = `vault: { namespace: ${HOME} }
secrets:
  exchange/gateio/*: GATEIO_*
  exchange/binance/api_key: BINANCE_API_KEY
  exchange/binance/api_secret: BINANCE_API_SECRET
  'odd name/qu"ote \${x/key': { env: ODD, vault: { kv: 2 } }
  old/app/key: { env: OLD, vault: { mount: kv1, kv: 1 } }
  own/mount/key: { env: OWN, vault: { mount: teams/own } }
  below/us/key: { env: BELOW, vault: { namespace: ${TEAM} } }
  transit/keys/app#name: { env: TRANSIT, vault: { engine: raw } }
  pki/issue/web#certificate: { env: CERTIFICATE, ${ISSUE} }
  pki/issue/web#private_key: { env: KEY, ${ISSUE} }
  lent/creds/app#password: { env: PASSWORD, ${LENT} }
  only/aws/key: { env: ONLY_AWS, chain: [aws], optional: true }
  only/env/key: { env: ONLY_ENV, chain: [env], default: x }
templates:
  URL: postgresql://\${database/postgres/user}@localhost
`;

const here = (method: string, path: string, body?: object, namespace = HOME) =>
	askVault(ADDRESS, method, path, body, namespace);
const store = (path: string, data: object, namespace = HOME) =>
	here("POST", path, path.includes("/data/") ? { data } : data, namespace);

/** What there is, and is asked for by nobody. */
const OTHERS: readonly (readonly [method: string, path: string, namespace?: string | undefined])[] = [
	["GET", "secret/data/exchange/huobi"],
	["GET", "secret/data/exchange/binance/old"],
	["GET", "secret/data/exchange"],
	["GET", "secret/metadata/exchange/binance"],
	["GET", "secret/metadata/exchange?list=true"],
	["POST", "secret/data/exchange/binance"],
	["DELETE", "secret/data/exchange/binance"],
	["GET", "kv1/old/other"],
	["GET", "teams/own/data/own/other"],
	["GET", "secret/data/below/other", TEAM],
	["GET", "secret/data/exchange/binance", TEAM],
	["GET", "secret/data/below/us"],
	["GET", "transit/keys/other"],
	["POST", "pki/issue/other"],
	["GET", "pki/roles/web"],
	["GET", "lent/creds/other", TEAM],
	["GET", "sys/mounts"],
	["GET", "sys/policies/acl/under-test"],
	["GET", "secret/data/exchange/binance", ""],
];

async function setUp(queue: FakeVault): Promise<void> {
	await askVault(ADDRESS, "POST", `sys/namespaces/${HOME}`, {}, "");
	await here("POST", "sys/namespaces/team", {});
	const v2 = { type: "kv", options: { version: "2" } };
	const mounts: readonly [string, object, string?][] = [
		["secret", v2],
		["teams/own", v2],
		["kv1", { type: "kv", options: { version: "1" } }],
		["transit", { type: "transit" }],
		["pki", { type: "pki" }],
		["secret", v2, TEAM],
		["lent", { type: "rabbitmq" }, TEAM],
	];
	await Promise.all(
		mounts.map(([mount, body, namespace]) => here("POST", `sys/mounts/${mount}`, body, namespace)),
	);
	// Makes users of what is no more than a server that agrees to everything.
	const broker = { connection_uri: queue.url, username: "u", password: "p", verify_connection: false };
	await here("POST", "lent/config/connection", broker, TEAM);
	const secrets: readonly [string, object, string?][] = [
		["secret/data/exchange/gateio", { api_key: "k", api_secret: "s" }],
		["secret/data/exchange/binance", { api_key: "k", api_secret: "s" }],
		["secret/data/exchange/binance/old", { api_key: "k" }],
		["secret/data/exchange/huobi", { api_key: "k" }],
		["secret/data/database/postgres", { user: "u" }],
		[`secret/data/${encodeURIComponent("odd name")}/${encodeURIComponent('qu"ote ${x')}`, { key: "odd" }],
		["kv1/old/app", { key: "v1" }],
		["kv1/old/other", { key: "v1" }],
		["teams/own/data/own/mount", { key: "own" }],
		["teams/own/data/own/other", { key: "own" }],
		["secret/data/below/us", { key: "below" }, TEAM],
		["secret/data/below/other", { key: "below" }, TEAM],
		["lent/roles/app", { tags: "monitoring" }, TEAM],
		["lent/roles/other", { tags: "monitoring" }, TEAM],
		["lent/config/lease", { ttl: "2s", max_ttl: "1h" }, TEAM],
		["lent/roles/kept", { tags: "monitoring" }, TEAM],
		["transit/keys/app", {}],
		["transit/keys/other", {}],
	];
	await Promise.all(secrets.map(([path, data, namespace]) => store(path, data, namespace)));
	await here("POST", "pki/root/generate/internal", { common_name: "root", key_type: "ec", key_bits: 256 });
	const role = {
		allowed_domains: "example.com",
		allow_subdomains: true,
		key_type: "ec",
		generate_lease: true,
	};
	for (const name of ["web", "other"]) await here("POST", `pki/roles/${name}`, role);
}

async function tokenFor(name: string): Promise<string> {
	const { auth } = await here("POST", "auth/token/create", { policies: [name] });
	return (auth as { client_token: string }).client_token;
}

const writePolicy = (policy: string, name = NAME) => here("POST", `sys/policies/acl/${name}`, { policy });

async function statusWith(
	token: string,
	[method, path, namespace = HOME]: (typeof OTHERS)[number],
): Promise<number> {
	const headers = { "X-Vault-Token": token, "X-Vault-Namespace": namespace };
	const body = method === "POST" ? { body: "{}" } : {};
	return (await fetch(`${ADDRESS}/v1/${path}`, { method, headers, ...body })).status;
}

describe.skipIf(ADDRESS === "")("A token with the policy that dsta-run policy vault prints", () => {
	let queue: FakeVault;
	let text: string;
	let token: string;
	const run = (command: readonly string[] = ["printenv", "ODD"], map = MAP) =>
		launch(folderWith(map), ["--", ...command], { ...VAULT, VAULT_TOKEN: token });

	beforeAll(async () => {
		queue = await startFakeVault(() => ({ status: 204 }));
		await setUp(queue);
		text = (await printPolicy(MAP, ["vault", "--name", NAME])).stdout;
		await writePolicy(text);
		token = await tokenFor(NAME);
	});

	afterAll(() => queue?.[Symbol.asyncDispose]());

	it("makes the map run", async () => {
		expect(await run().ended).toMatchObject({ status: 0, stderr: "", stdout: "odd\n" });
	});

	it("is one stanza a path, and says where it is to be written", () => {
		expect(stanzasOf(text)).toEqual({
			"secret/data/exchange/gateio": "read",
			"secret/data/exchange/binance": "read",
			'secret/data/odd name/qu"ote ${x': "read",
			"kv1/old/app": "read",
			"teams/own/data/own/mount": "read",
			"transit/keys/app": "read",
			"pki/issue/web": "update",
			"secret/data/database/postgres": "read",
			"sys/leases/revoke": "update",
			"team/secret/data/below/us": "read",
			"team/lent/creds/app": "read",
			"team/sys/leases/revoke": "update",
			"team/sys/leases/renew": "update",
		});
		expect(text).toContain(
			`# dsta-run policy vault | VAULT_NAMESPACE=${HOME} vault policy write ${NAME} -\n`,
		);
		expect(text).toContain("# secret/ is taken for version 2 of the KV engine");
		expect(text).not.toContain("# kv1/");
	});

	it("sees the secrets of a map that is watched change, by a request for each, and reads none for that", async () => {
		const watched = MAP.replace("secrets:", "run: { watch: 1m }\nsecrets:");
		const printed = (await printPolicy(watched, ["vault"])).stdout;
		const added = Object.keys(stanzasOf(printed)).filter((path) => stanzasOf(text)[path] === undefined);
		expect(added.sort()).toEqual([
			"secret/metadata/database/postgres",
			"secret/metadata/exchange/binance",
			"secret/metadata/exchange/gateio",
			'secret/metadata/odd name/qu"ote ${x',
			"team/secret/metadata/below/us",
			"teams/own/metadata/own/mount",
		]);
		await writePolicy(printed, "watched");
		await using proxy = await startProxy(ADDRESS);
		const env = { VAULT_ADDR: proxy.address, VAULT_NAMESPACE: HOME, VAULT_TOKEN: await tokenFor("watched") };
		using backend = await openBackend("vault", { env });
		const { signal } = new AbortController();
		const questions = [
			["exchange/binance/api_key"],
			["exchange/binance/api_secret"],
			["exchange/gateio/*"],
			["own/mount/key", { mount: "teams/own" }],
			["below/us/key", { namespace: TEAM }],
		] as const;
		const poll = () =>
			Promise.all(questions.map(([path, overrides]) => backend.revision?.(ask(path, { overrides }), signal)));
		await poll();
		const before = proxy.asked.length;
		for (const revision of await poll()) expect(revision?.kind).toBe("known");
		expect(proxy.asked.slice(before).sort()).toEqual([
			"GET /v1/secret/metadata/below/us",
			"GET /v1/secret/metadata/exchange/binance",
			"GET /v1/secret/metadata/exchange/gateio",
			"GET /v1/teams/own/metadata/own/mount",
		]);
	});

	it("is denied everything else that there is", async () => {
		for (const other of OTHERS) expect([...other, await statusWith(token, other)]).toEqual([...other, 403]);
	});

	it("breaks the run without any one of its stanzas", async () => {
		const withoutOne = [...text.matchAll(STANZA)]
			.filter(([, path]) => !path?.includes("renew"))
			.map(([stanza, path]) => ({
				path: JSON.parse(path as string) as string,
				rest: text.replace(stanza, ""),
			}));
		expect(withoutOne).toHaveLength(12);
		const fates = await Promise.all(
			withoutOne.map(async ({ path, rest }, index): Promise<[string, Ended]> => {
				await writePolicy(rest, `without-${index}`);
				const env = { ...VAULT, VAULT_TOKEN: await tokenFor(`without-${index}`) };
				return [path, await launch(folderWith(MAP), ["--", "true"], env).ended];
			}),
		);
		for (const [path, { status, stderr }] of fates) {
			const isRevocation = path.endsWith("sys/leases/revoke");
			expect({ path, status }).toEqual({ path, status: isRevocation ? 0 : 77 });
			expect(stderr).toMatch(isRevocation ? /lease of .* could not be revoked/ : /Permission denied/);
		}
	});

	it("lets what is lent in a namespace below be renewed, which the default policy does not", async () => {
		const map = `vault: { namespace: ${HOME} }\nsecrets:\n  exchange/gateio/*: X_*\n  lent/creds/kept#password: { env: A, ${LENT} }\n`;
		const start = async (policy: string, name: string) => {
			await writePolicy(policy, name);
			const env = { ...VAULT, VAULT_TOKEN: await tokenFor(name) };
			const running = launch(folderWith(map), ["--", "sh", "-c", "echo started; read line"], env);
			await running.said("started");
			return running;
		};
		const { stdout } = await printPolicy(map, ["vault"]);
		const allowed = await start(stdout, "renewing");
		const found = await here("GET", "sys/leases/lookup/lent/creds/kept/?list=true", undefined, TEAM);
		const [lease] = (found.data as { keys: readonly string[] }).keys;
		const [renewal] = [...stdout.matchAll(STANZA)].find(([, path]) => path?.includes("renew")) as [string];
		const denied = await start(stdout.replace(renewal, ""), "not-renewing");
		await once(denied.child.stderr as Readable, "data");
		denied.child.stdin?.end("\n");
		expect((await denied.ended).stderr).toContain("Vault refused to update sys/leases/renew");
		await vi.waitFor(
			async () => {
				const body = { lease_id: `lent/creds/kept/${lease}` };
				const { data } = await here("POST", "sys/leases/lookup", body, TEAM);
				expect(data).toMatchObject({ last_renewal: expect.any(String) });
			},
			{ timeout: 10_000, interval: 50 },
		);
		allowed.child.stdin?.end("\n");
		expect(await allowed.ended).toMatchObject({ status: 0, stderr: "" });
	});

	it("needs nothing to revoke leases where the token of a login is revoked", async () => {
		const { roleId, secretId, tokens } = await createAppRole(ADDRESS, "approle", {}, HOME);
		const file = fileWith(await secretId());
		const auth = `auth: { method: approle, role_id: ${roleId}, secret_id: { file: ${file} } }`;
		const map = MAP.replace(
			`vault: { namespace: ${HOME} }`,
			`vault: { namespace: ${HOME}, revoke: true, ${auth} }`,
		);
		const own = (await printPolicy(map, ["vault"])).stdout;
		expect(Object.keys(stanzasOf(own)).filter((path) => path.includes("sys/"))).toEqual([
			"team/sys/leases/renew",
		]);
		await writePolicy(own, "login");
		const ended = await launch(folderWith(map), ["--", "true"], VAULT).ended;
		expect(ended).toMatchObject({ status: 0, stderr: "" });
		expect(await tokens()).toEqual([]);
	});
});

describe.skipIf(ADDRESS === "")("A token with the policy for rotation", () => {
	const HERE = "rotations";
	const map = `vault: { namespace: ${HERE} }\nsecrets:\n  a/b/key: KEY\n`;
	const ask = (method: string, path: string, body?: object) => askVault(ADDRESS, method, path, body, HERE);
	const tokenWith = async (policy: string, name: string) => {
		await ask("POST", `sys/policies/acl/${name}`, { policy });
		const { auth } = await ask("POST", "auth/token/create", { policies: [name] });
		return (auth as { client_token: string }).client_token;
	};
	/** Rotates a secret that is not there before. */
	const rotateWith = async (token: string) => {
		await ask("DELETE", "secret/metadata/a/b");
		using backend = openVault(ADDRESS, { VAULT_TOKEN: token, VAULT_NAMESPACE: HERE });
		await rotate(backend, "a/b");
	};
	let text: string;

	beforeAll(async () => {
		await askVault(ADDRESS, "POST", `sys/namespaces/${HERE}`, {}, "");
		await ask("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
		await ask("POST", "secret/data/other", { data: { key: "k" } });
		text = (await printPolicy(map, ["vault", "--rotation"])).stdout;
	});

	it("rotates the secrets of the map, deletes none, and changes no other", async () => {
		expect(stanzasOf(text)).toEqual({
			"secret/data/a/b": "create, read, update",
			"secret/metadata/a/b": "read, patch",
		});
		expect(text).toContain(`| VAULT_NAMESPACE=${HERE} vault policy write dsta-rotation -\n`);
		const token = await tokenWith(text, "rotation");
		await rotateWith(token);
		const denied: readonly (readonly [string, string])[] = [
			["DELETE", "secret/data/a/b"],
			["DELETE", "secret/metadata/a/b"],
			["POST", "secret/metadata/a/b"],
			["POST", "secret/destroy/a/b"],
			["GET", "secret/data/other"],
			["POST", "secret/data/other"],
			["GET", "secret/metadata/other"],
		];
		for (const [method, path] of denied)
			expect([method, path, await statusWith(token, [method, path, HERE])]).toEqual([method, path, 403]);
	});

	it("rotates nothing without any one of its words", async () => {
		const words = [...text.matchAll(STANZA)].flatMap(([stanza, , list = ""]) =>
			[...list.matchAll(/"\w+"/g)].map(([word]) => [stanza, word] as const),
		);
		expect(words).toHaveLength(5);
		for (const [index, [stanza, word]] of words.entries()) {
			const less = stanza.replace(new RegExp(`${word}, |, ${word}`), "");
			const token = await tokenWith(text.replace(stanza, less), `less-${index}`);
			const error = await rotateWith(token).catch((reason) => reason);
			expect([word, error?.code]).toEqual([word, "DSTA_DENIED"]);
		}
	});
});

describe("The policy of Vault", () => {
	const print = async (map: string, ...args: readonly string[]) => printPolicy(map, ["vault", ...args]);

	it("leaves out what a policy can only say together with more, and tells of it", async () => {
		const { stderr, stdout } = await print(
			'secrets:\n  a/+/c: PLUS\n  "a/{{b}}/c": BRACES\n  a/+b/c: HARMLESS\n',
		);
		expect(Object.keys(stanzasOf(stdout))).toEqual(["secret/data/a/+b"]);
		expect(stdout).toContain('# path "secret/data/a/+" {\n#   capabilities = ["read"]\n# }\n');
		expect(stderr).toContain('warn: the policy leaves out secret/data/a/+: a policy takes a segment "+"');
		expect(stderr).toContain("warn: the policy leaves out secret/data/a/{{b}}: ");
		expect(stderr).toContain("fix: Give the secret another name, ");
	});

	it.each([
		["that of the map", "a/b/c: A", "vault: { namespace: one }", "one", ["secret/data/a/b"]],
		[
			"above all that are asked",
			"a/b/c: { env: A, vault: { namespace: one/x } }",
			"vault: { namespace: one/y }",
			"one/x",
			["secret/data/a/b"],
		],
		[
			"the root where these have nothing else in common",
			"a/b/c: A\n  d/e/f: { env: B, vault: { namespace: two } }",
			"vault: { namespace: one }",
			"''",
			["one/secret/data/a/b", "two/secret/data/d/e"],
		],
		[
			"that of the login",
			"a/b/c: A",
			"vault: { namespace: one/x, auth: { method: cert, namespace: one } }",
			"one",
			["x/secret/data/a/b"],
		],
	])("is written in one namespace: %s", async (_what, entries, settings, namespace, paths) => {
		const { stderr, stdout } = await print(`${settings}\nsecrets:\n  ${entries}\n`);
		expect(stdout).toContain(`VAULT_NAMESPACE=${namespace} vault policy write`);
		expect({ stderr, paths: Object.keys(stanzasOf(stdout)) }).toEqual({ stderr: "", paths });
	});

	it("leaves out what no token of the login's namespace reaches", async () => {
		const settings = "vault: { namespace: one, auth: { method: cert, namespace: two } }";
		const { stderr, stdout } = await print(`${settings}\nsecrets:\n  a/b/c: A\n`);
		expect(stanzasOf(stdout)).toEqual({});
		expect(stderr).toContain("the policy leaves out secret/data/a/b: a token reaches its own namespace");
	});

	it.each([
		["asks Vault", "a/b/c: { env: A, backend: aws }\n", []],
		["is there", "{}\n", []],
		["is left by --backend", "a/b/c: A\n", ["--backend", "aws"]],
	])("says that there is nothing to allow where no entry %s", async (_what, map, args) => {
		const { stderr, stdout } = await print(map, ...args);
		expect(stdout).toBe("# A run of secrets.map.yaml asks nothing of Vault: there is nothing to allow.\n");
		expect(stderr).toContain(
			"warn: A run of secrets.map.yaml asks nothing of Vault: there is nothing to allow",
		);
	});

	it("takes everything that --backend sends there", async () => {
		const { stdout } = await print("a/b/c: { env: A, backend: aws }\n", "--backend", "vault");
		expect(Object.keys(stanzasOf(stdout))).toEqual(["secret/data/a/b"]);
	});
});

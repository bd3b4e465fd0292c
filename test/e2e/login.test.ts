import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { SENTINELS } from "../backends/vault/backend.ts";
import { certificateFile, startFakeVault } from "../backends/vault/fake-vault.ts";
import { type AppRole, createAppRole, fileWith, pathOf, storeLoginSecret } from "../backends/vault/logins.ts";
import { folderWith, isRunning, launch } from "../process/launch.ts";
import { findServers } from "../servers/install.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";
import { startTlsTunnel, startTlsVault } from "../servers/tls-vault.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const MAP = "login/key: { env: FROM_VAULT, backend: vault }\n";
const mapWith = (settings: string, lines = MAP) => `vault: ${settings}\nsecrets:\n  ${lines}`;
const REVOKE = "{ revoke: true, auth: { method: approle, mount: login-run } }";
const STAY = ["--", "sh", "-c", 'echo "ready $FROM_VAULT"; read _; exit 3'];

describe.skipIf(ADDRESS === "")("a run that logs in to Vault", () => {
	let role: AppRole;
	beforeAll(async () => {
		await storeLoginSecret(ADDRESS);
		role = await createAppRole(ADDRESS, "login-run");
	});

	const credentials = async () => ({
		VAULT_ADDR: ADDRESS,
		VAULT_ROLE_ID: role.roleId,
		VAULT_SECRET_ID: await role.secretId(),
	});

	it("keeps from its command what it logs in with, and shows it to nobody", async () => {
		const env = {
			...(await credentials()),
			VAULT_AUTH_METHOD: "approle",
			VAULT_AUTH_PATH: "login-run",
			VAULT_ROLE: "unused",
			VAULT_JWT_FILE: "/unused",
			VAULT_CLIENT_CERT: "/unused",
			VAULT_CLIENT_KEY: "/unused",
			NODE_DEBUG: "*",
			BUN_CONFIG_VERBOSE_FETCH: "curl",
		};
		const run = ["--log-level", "trace", "--", "sh", "-c", 'echo "$FROM_VAULT"; env'];
		const { status, stderr, stdout } = await launch(folderWith(MAP), run, env).ended;
		expect({ status, first: stdout.split("\n")[0] }).toEqual({ status: 0, first: SENTINELS.value });
		expect(stdout).not.toMatch(/^VAULT_(?!ADDR)/m);
		expect(stdout + stderr).not.toContain(env.VAULT_SECRET_ID);
		expect(stderr).toContain(
			`Vault at ${ADDRESS} gave a token for the login by approle at auth/login-run/ with the role unused in namespace dsta`,
		);
	});

	it("keeps a variable that the map names for it from the command, unless it is passed", async () => {
		const { VAULT_SECRET_ID: CI_SECRET, ...env } = await credentials();
		const auth = "{ auth: { method: approle, mount: login-run, secret_id: { env: CI_SECRET } } }";
		const run = (args: readonly string[], secret: string) =>
			launch(folderWith(mapWith(auth)), [...args, "--", "env"], { ...env, CI_SECRET: secret }).ended;
		expect((await run([], CI_SECRET)).stdout).not.toContain("CI_SECRET");
		const other = await role.secretId();
		expect((await run(["--pass", "CI_SECRET"], other)).stdout).toContain(`CI_SECRET=${other}`);
	});

	it("revokes its token when the command has ended, and ends as that did", async () => {
		const before = await role.tokens();
		const { child, ended, said } = launch(folderWith(mapWith(REVOKE)), STAY, await credentials());
		await said(`ready ${SENTINELS.value}`);
		const [made = "", ...others] = (await role.tokens()).filter((accessor) => !before.includes(accessor));
		expect(others).toEqual([]);
		expect(await pathOf(ADDRESS, made)).toBe("auth/login-run/login");
		child.stdin?.end();
		expect(await ended).toMatchObject({ status: 3, stderr: "" });
		expect(await pathOf(ADDRESS, made)).toBeUndefined();
	});

	it("revokes it when a signal has ended the command", async () => {
		const before = await role.tokens();
		const { child, ended, said } = launch(
			folderWith(mapWith(REVOKE)),
			["--", "sh", "-c", "echo ready; exec sleep 60"],
			await credentials(),
		);
		await said("ready");
		child.kill("SIGTERM");
		expect(await ended).toMatchObject({ signal: "SIGTERM", stderr: "" });
		expect(await role.tokens()).toEqual(before);
	});

	it("revokes it before the command takes its place", async () => {
		const before = await role.tokens();
		const { child, ended, said } = launch(
			folderWith(mapWith(REVOKE)),
			["--exec", ...STAY],
			await credentials(),
		);
		await said(`ready ${SENTINELS.value}`);
		expect(await role.tokens()).toEqual(before);
		child.stdin?.end();
		expect(await ended).toMatchObject({ status: 3, stderr: "" });
	});

	it("revokes it wherever a run ends before", async () => {
		const before = await role.tokens();
		const moving = (dotenv: string) => ["migrate", "--to", "vault", "--yes", "--from", fileWith(dotenv)];
		const runs: readonly [string, readonly string[], string, number][] = [
			["there is no such command", ["--", "no-such-command"], MAP, 127],
			["there is no such command to become", ["--exec", "--", "no-such-command"], MAP, 127],
			["a secret is missing", ["--", "true"], `${MAP}  login/none: NONE\n`, 66],
			["it only checks", ["check"], MAP, 0],
			["it only explains", ["explain"], MAP, 0],
			["it gets a value", ["get", "--backend", "vault", "login/key"], MAP, 0],
			["it lists names", ["list", "--backend", "vault"], MAP, 0],
			["it puts a value", ["put", "login", "other=x"], MAP, 0],
			["it may not put a value", ["put", "refused", "other=x"], MAP, 77],
			["it moves a variable", moving(`FROM_VAULT=${SENTINELS.value}`), MAP, 0],
			["it may not move one", moving("NONE=x"), `${MAP}  refused/none: NONE\n`, 77],
		];
		const statuses = runs.map(async ([what, args, lines]) => {
			const { status } = await launch(folderWith(mapWith(REVOKE, lines)), args, await credentials()).ended;
			return [what, status];
		});
		expect(await Promise.all(statuses)).toEqual(runs.map(([what, , , status]) => [what, status]));
		expect(await role.tokens()).toEqual(before);
	});

	it("leaves a token alone that it was given, and any where nobody asks for that", async () => {
		const { auth } = await askVault(ADDRESS, "POST", "auth/token/create", { policies: ["login"] });
		const { accessor, client_token: token } = auth as { accessor: string; client_token: string };
		for (const env of [{ VAULT_TOKEN: token }, { VAULT_TOKEN_FILE: fileWith(token) }]) {
			const map = folderWith(mapWith("{ revoke: true }"));
			expect(await launch(map, ["--", "true"], { VAULT_ADDR: ADDRESS, ...env }).ended).toMatchObject({
				status: 0,
			});
		}
		expect(await pathOf(ADDRESS, accessor)).toBe("auth/token/create");
		const before = await role.tokens();
		const env = { ...(await credentials()), VAULT_AUTH_PATH: "login-run" };
		expect(await launch(folderWith(MAP), ["--", "true"], env).ended).toMatchObject({ status: 0 });
		expect(await role.tokens()).toHaveLength(before.length + 1);
	});
});

describe.concurrent("a server that does not take a token back", () => {
	const ENV = { VAULT_NAMESPACE: "", VAULT_ROLE_ID: "role", VAULT_SECRET_ID: "sentinel-secret-id" };
	const MAP = mapWith(
		"{ revoke: true, auth: { method: approle } }",
		"a/b/c: { env: FROM_VAULT, backend: vault }\n",
	);
	const answering = (revocation: Parameters<typeof startFakeVault>[0]) =>
		startFakeVault((call, count) => {
			if (call.url.includes("revoke")) return revocation(call, count);
			if (call.url.includes("login")) return { body: { auth: { client_token: "sentinel-token" } } };
			return { body: { data: { data: { c: "v" }, metadata: { version: 1 } } } };
		});

	it.each<[string, Parameters<typeof startFakeVault>[0], RegExp]>([
		["is silent", () => "silence", /not revoked.*no answer in time/],
		[
			"refuses",
			() => ({ status: 403, body: { errors: ["permission denied"] } }),
			/not revoked.*Permission denied/,
		],
		["breaks down", () => ({ status: 500, body: "<html>" }), /not revoked.*HTTP 500/],
		[
			"knows it no more",
			() => ({ status: 403, body: { errors: ["permission denied", "invalid token"] } }),
			/^$/,
		],
		["takes it", () => ({ status: 204 }), /^$/],
		["takes it at the second attempt", (_, count) => (count === 1 ? "silence" : { status: 204 }), /^$/],
	])("because it %s holds up no end for long, and changes no status", async (_what, revocation, words) => {
		await using vault = await answering(revocation);
		const start = performance.now();
		const env = { ...ENV, VAULT_ADDR: vault.url };
		const { status, stderr } = await launch(folderWith(MAP), ["--", "sh", "-c", "exit 7"], env).ended;
		expect(status).toBe(7);
		expect(stderr).toMatch(words);
		expect(stderr).not.toContain("sentinel");
		expect(performance.now() - start).toBeLessThan(8000);
		const revoking = vault.calls.filter(({ url }) => url === "/v1/auth/token/revoke-self");
		expect(revoking.length).toBeGreaterThan(0);
		expect(revoking[0]?.headers["x-vault-token"]).toBe("sentinel-token");
	});

	it("is not asked where a signal ends the run before its command", async () => {
		await using vault = await startFakeVault(({ url }) =>
			url.includes("login") ? { body: { auth: { client_token: "sentinel-token" } } } : "silence",
		);
		const { child, ended } = launch(folderWith(MAP), ["--", "true"], { ...ENV, VAULT_ADDR: vault.url });
		await vault.nextCall();
		await vault.nextCall();
		child.kill("SIGTERM");
		expect(await ended).toEqual({ status: null, signal: "SIGTERM", stdout: "", stderr: "" });
		expect(vault.calls).toHaveLength(2);
	});
});

describe("a command that prints a token", () => {
	it("has its words on standard error, and nothing of it is left", async () => {
		await using vault = await startFakeVault(() => ({
			body: { data: { data: { c: "v" }, metadata: { version: 1 } } },
		}));
		const script = "sleep 60 & echo $! >helper; echo words >&2; echo sentinel-token";
		const map = mapWith(
			`{ auth: { method: command, command: [sh, -c, '${script}'] } }`,
			"a/b/c: FROM_VAULT\n",
		);
		const folder = folderWith(map);
		const ended = await launch(folder, ["--", "sh", "-c", 'echo "$FROM_VAULT"'], { VAULT_ADDR: vault.url })
			.ended;
		expect(ended).toEqual({ status: 0, signal: null, stdout: "v\n", stderr: "words\n" });
		const helper = Number(readFileSync(join(folder, "helper"), "utf8"));
		await expect.poll(() => isRunning(helper)).toBe(false);
		expect(vault.calls[0]?.headers["x-vault-token"]).toBe("sentinel-token");
	});

	it("ends with all that it has started when a signal ends the run", async () => {
		const script = "sleep 60 & echo $! >helper; echo ready >&2; wait";
		const map = mapWith(
			`{ auth: { method: command, command: [sh, -c, '${script}'] } }`,
			"a/b/c: FROM_VAULT\n",
		);
		const folder = folderWith(map);
		const { child, ended } = launch(folder, ["--", "true"], { VAULT_ADDR: "http://127.0.0.1:1" });
		await new Promise((resolve) => child.stderr?.once("data", resolve));
		child.kill("SIGTERM");
		expect(await ended).toMatchObject({ signal: "SIGTERM", stderr: "ready\n" });
		const helper = Number(readFileSync(join(folder, "helper"), "utf8"));
		await expect.poll(() => isRunning(helper)).toBe(false);
	});
});

describe.skipIf(ADDRESS === "")("a login by the certificate of the connection", () => {
	it("is refused without one, and gives a token for one that the mount trusts", async () => {
		await using server = await startTlsVault(findServers().vault);
		const pem = (name: string) => readFileSync(certificateFile(name));
		const root = (path: string, body: object) =>
			server.ask("POST", path, body, { "X-Vault-Token": ROOT_TOKEN });
		await root("sys/auth/cert", { type: "cert" });
		await root("auth/cert/certs/web", { certificate: pem("ca.pem").toString(), token_policies: ["web"] });
		await root("sys/policies/acl/web", { policy: 'path "secret/data/a/b" { capabilities = ["read"] }' });
		await root("secret/data/a/b", { data: { c: "from vault" } });
		const certificate = { cert: pem("valid.pem"), key: pem("server.key") };
		const env = {
			VAULT_NAMESPACE: "",
			VAULT_AUTH_METHOD: "cert",
			VAULT_CLIENT_CERT: certificateFile("valid.pem"),
			VAULT_CLIENT_KEY: certificateFile("server.key"),
			NODE_EXTRA_CA_CERTS: certificateFile("ca.pem"),
		};
		const map = folderWith("a/b/c: { env: FROM_VAULT, backend: vault }\n");
		const run = ["--", "sh", "-c", 'echo "$FROM_VAULT"'];
		await using trusted = await startTlsTunnel(server, certificate);
		const done = await launch(map, run, { ...env, VAULT_ADDR: trusted.url, VAULT_ROLE: "web" }).ended;
		expect(done).toMatchObject({ status: 0, stdout: "from vault\n", stderr: "" });
		await using unknown = await startTlsTunnel(server);
		const { status, stderr } = await launch(map, run, { ...env, VAULT_ADDR: unknown.url }).ended;
		expect(status).toBe(77);
		expect(stderr).toMatch(/refused the login by cert at auth\/cert\/: .*certificate/);
	});
});

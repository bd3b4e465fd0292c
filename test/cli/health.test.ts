import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { health } from "../../src/cli/commands/health.ts";
import type { ListenAddress } from "../../src/listen-address.ts";
import { createEndpoints } from "../../src/observe/endpoints.ts";
import type { RunState } from "../../src/observe/run-state.ts";
import { type Serving, serve } from "../../src/observe/serve.ts";
import { mountAnswer, refusal, startFakeVault } from "../backends/vault/fake-vault.ts";
import { runState, secret } from "../observe/state.ts";
import { folderWith } from "../process/launch.ts";
import { runHere } from "./in-process.ts";

const servers: (Serving | Server)[] = [];

afterEach(() => {
	for (const server of servers.splice(0)) server.close();
});

const DOWN = "http://127.0.0.1:1";
const vaultAt = (address: string) => ({ VAULT_ADDR: address, VAULT_TOKEN: "t", VAULT_NAMESPACE: "" });
const check = (map: string, env: NodeJS.ProcessEnv, ...args: readonly string[]) =>
	runHere(health, ["health", ...args], { cwd: folderWith(map), env });

describe("dsta-run health, where no launcher is named", () => {
	const MAP = "a/b/c: NAME\n";

	it("says by the guide's words that the backend answers", async () => {
		await using vault = await startFakeVault(({ url }) =>
			url.includes("lookup-self")
				? { body: { data: {} } }
				: url.includes("mounts")
					? mountAnswer(2)
					: refusal(404),
		);
		const env = vaultAt(vault.url);
		expect(await check(MAP, env)).toEqual({ status: 0, stdout: "healthy (vault)\n", stderr: "" });
		expect(await check(MAP, env, "--json")).toMatchObject({
			status: 0,
			stdout: '{"status":"healthy","backend":"vault"}\n',
		});
	});

	it("says what is wrong where it does not, and asks the backends that the map asks first", async () => {
		const error = `Vault not available: Connection refused (${DOWN})`;
		expect(await check(MAP, vaultAt(DOWN))).toMatchObject({
			status: 1,
			stdout: `unhealthy (vault): ${error}\n`,
		});
		const { status, stdout } = await check(MAP, vaultAt(DOWN), "--json");
		expect({ status, ...JSON.parse(stdout) }).toEqual({ status: "unhealthy", backend: "vault", error });
		const byEnv = "secrets: { a/b/c: { env: NAME, chain: [env, vault] } }\n";
		expect(await check(byEnv, vaultAt(DOWN))).toMatchObject({ status: 0, stdout: "healthy (env)\n" });
		const byBoth = "secrets: { a/b/c: { env: NAME, backend: env }, d/e/f: { env: OTHER } }\n";
		expect(await check(byBoth, vaultAt(DOWN))).toMatchObject({ status: 1 });
		expect(await check(MAP, vaultAt(DOWN), "--backend", "env")).toMatchObject({ status: 0 });
	});

	it("counts a backend as healthy that has taken the login and allows the secrets of the map alone", async () => {
		await using vault = await startFakeVault(({ url }) =>
			url.includes("lookup-self") ? { body: { data: {} } } : refusal(403, "permission denied"),
		);
		expect(await check(MAP, vaultAt(vault.url))).toMatchObject({ status: 0, stdout: "healthy (vault)\n" });
		await using strict = await startFakeVault(() => refusal(403, "permission denied"));
		expect(await check(MAP, vaultAt(strict.url))).toMatchObject({ status: 1 });
	});

	it("looks at the places that the entries of the map ask at, and makes nothing of other engines", async () => {
		await using vault = await startFakeVault(({ url }) =>
			url.includes("lookup-self")
				? { body: { data: {} } }
				: url.startsWith("/v1/kv/")
					? refusal(404)
					: refusal(404, "no handler for route"),
		);
		const env = { ...vaultAt(vault.url), VAULT_TOKEN: "a-token" };
		const of = (settings: string) => check(`secrets: { a/b/c: { env: NAME, vault: ${settings} } }`, env);
		expect(await of("{ mount: kv, kv: 2 }")).toMatchObject({ status: 0, stdout: "healthy (vault)\n" });
		expect(await of("{ engine: raw }")).toMatchObject({ status: 0, stdout: "healthy (vault)\n" });
		expect(await of("{ mount: other }")).toMatchObject({
			status: 1,
			stdout: expect.stringContaining("no secrets engine at other/"),
		});
		expect(vault.calls.map(({ url }) => url)).not.toContainEqual(expect.stringMatching(/secret|a\/b/));
	});

	it("says what is wrong with the map, and ends with no other status than of a health check", async () => {
		const { status, stderr, stdout } = await check("a/b/c: NAME\na/b/c: OTHER\n", vaultAt(DOWN));
		expect({ status, stdout }).toEqual({
			status: 1,
			stdout: expect.stringMatching(/^unhealthy \(dsta-run\): .*secrets\.map\.yaml/s),
		});
		expect(stderr).toMatch(/\[DSTA_MAP\]\n {2}fix: /);
		const json = await check(MAP, vaultAt(DOWN), "--json", "--map", "missing.yaml");
		expect(json.status).toBe(1);
		expect(JSON.parse(json.stdout)).toMatchObject({ status: "unhealthy", backend: "dsta-run" });
	});

	it("says when a backend is set up wrong, and ends in time where it is silent", async () => {
		const wrong = await check(MAP, { ...vaultAt("nonsense"), VAULT_TOKEN: "t" });
		expect(wrong).toMatchObject({
			status: 1,
			stdout: expect.stringMatching(/^unhealthy \(vault\): .*VAULT_ADDR/),
		});
		await using vault = await startFakeVault(() => "silence");
		const late = await check(MAP, vaultAt(vault.url), "--timeout", "100ms");
		expect(late).toMatchObject({ status: 1, stdout: expect.stringContaining("no answer in time") });
	});
});

describe("dsta-run health, where the map names a launcher", () => {
	const ENV = vaultAt(DOWN);
	const mapAt = (address: ListenAddress) =>
		`run: { metrics: ${address.kind === "unix" ? `"unix:${address.path}"` : `${address.host}:${address.port}`} }\nsecrets: { a/b/c: NAME }\n`;

	async function startLauncher(state: RunState, at: ListenAddress): Promise<ListenAddress> {
		const facts = { version: "1.2.3", build: "npm", runtime: "node" };
		const registry = new Promise<never>(() => undefined);
		const serving = await serve(at, createEndpoints({ facts, registry, stateOf: async () => state }));
		if (serving === undefined) throw new Error("the address is taken");
		servers.push(serving);
		return serving.address;
	}

	const PLACES: readonly ListenAddress[] = [
		{ kind: "tcp", host: "127.0.0.1", port: 0 },
		{ kind: "tcp", host: "0.0.0.0", port: 0 },
		{ kind: "unix", path: join(folderWith(""), "app.sock") },
	];

	it.each(PLACES)("asks it whether it is ready: $kind $host", async (place) => {
		const map = mapAt(await startLauncher(runState(), place));
		expect(await check(map, ENV)).toEqual({ status: 0, stdout: "healthy (vault)\n", stderr: "" });
	});

	it("repeats what it says is in the way", async () => {
		const failure = { backend: "vault", code: "DSTA_UNAVAILABLE" };
		const stale = secret("a/b/c", { backend: "env", condition: "fallback", failure });
		const map = mapAt(await startLauncher(runState({ secrets: [stale] }), PLACES[0] as ListenAddress));
		const error = "a/b/c: vault could not be asked, env has given it [DSTA_UNAVAILABLE]";
		const { status, stdout } = await check(map, ENV, "--json");
		expect([status, JSON.parse(stdout)]).toEqual([1, { status: "unhealthy", backend: "env", error }]);
	});

	it.each([
		["what is no dsta-run", "<html>hello"],
		["JSON of another kind", '{"ready":true}'],
	])("does not take it for healthy where %s answers", async (_what, text) => {
		const server = createServer((_, response) => response.end(text)).listen(0, "127.0.0.1");
		servers.push(server);
		await new Promise((resolve) => server.once("listening", resolve));
		const { port } = server.address() as AddressInfo;
		expect(await check(mapAt({ kind: "tcp", host: "127.0.0.1", port }), ENV)).toMatchObject({
			status: 1,
			stdout: `unhealthy (dsta-run): http://127.0.0.1:${port} is no dsta-run\n`,
		});
	});

	it("does not wait without an end for one that is silent", async () => {
		await using silent = await startFakeVault(() => "silence");
		const map = mapAt({ kind: "tcp", host: "127.0.0.1", port: silent.port });
		expect(await check(map, ENV, "--timeout", "100ms")).toMatchObject({
			status: 1,
			stdout: `unhealthy (dsta-run): ${silent.url} gives no answer\n`,
		});
	});

	it("asks the backends where nobody listens", async () => {
		for (const path of ["none.sock", `${__filename}/app.sock`])
			expect(await check(mapAt({ kind: "unix", path }), ENV)).toMatchObject({
				status: 1,
				stdout: expect.stringContaining("Connection refused"),
			});
		expect(
			await check(mapAt({ kind: "tcp", host: "127.0.0.1", port: 1 }), ENV, "--backend", "env"),
		).toMatchObject({
			status: 0,
			stdout: "healthy (env)\n",
		});
	});
});

import { describe, expect, it } from "vitest";
import {
	AwsSecretsManagerBackend,
	checkSecretBackend,
	type DstaError,
	EnvironmentBackend,
	SecretManager,
	VaultBackend,
} from "../../src/index.ts";
import { parseSecretPath } from "../../src/secret-path.ts";
import { MemoryBackend } from "../../src/testing.ts";
import { secretV2, startFakeVault } from "../backends/vault/fake-vault.ts";

const quiet = { onWarning: () => undefined };
const LOGIN = { body: { auth: { client_token: "t", lease_duration: 3600, renewable: true } } };

describe("the backends as classes", () => {
	it("take their settings in the words of a map, and the environment wins", async () => {
		await using vault = await startFakeVault(() => secretV2({ key: "v" }));
		const settings = { mount: "team", namespace: "", timeout: "5s", kv: 2 } as const;
		const env = { VAULT_ADDR: vault.url, VAULT_TOKEN: "t" };
		const backend = new VaultBackend({ ...settings, ...quiet, address: "http://127.0.0.1:1", env });
		expect([backend.name, backend.description]).toEqual(["vault", vault.url]);
		await using manager = new SecretManager({ backend, ...quiet });
		expect(await manager.getSecret("a/b/key")).toBe("v");
		expect(vault.calls.map(({ url }) => url)).toEqual(["/v1/team/data/a/b"]);
	});

	it("say whether they are available", async () => {
		const env = { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "t" };
		expect(await new VaultBackend({ env, ...quiet }).isAvailable()).toBe(false);
		await expect(new VaultBackend({ env }).check()).rejects.toMatchObject({ code: "DSTA_UNAVAILABLE" });
		expect(await new EnvironmentBackend({ env: {}, envFile: false }).isAvailable()).toBe(true);
	});

	it("stay open after managers that they were given to, until their owner lets go of them", async () => {
		await using vault = await startFakeVault(({ url }) =>
			url.includes("lookup-self")
				? { body: { data: {} } }
				: url.endsWith("/login")
					? LOGIN
					: secretV2({ key: "v" }),
		);
		const auth = { method: "approle", role_id: "r", secret_id: { env: "ID" } } as const;
		const backend = new VaultBackend({
			...quiet,
			auth,
			revoke: true,
			env: { VAULT_ADDR: vault.url, ID: "s" },
		});
		const read = (manager: SecretManager) => manager.getSecret("a/b/key", { fresh: true });
		await using one = new SecretManager({ backend, ...quiet });
		const other = new SecretManager({ chain: [backend, "env"], env: {}, ...quiet });
		expect([await read(one), await read(other)]).toEqual(["v", "v"]);
		await other.close();
		expect(await checkSecretBackend({ backend })).toEqual({ status: "healthy", backend: "vault" });
		expect([await backend.isAvailable(), await read(one)]).toEqual([true, "v"]);
		expect(vault.calls.map(({ url }) => url)).not.toContain("/v1/auth/token/revoke-self");
		await backend[Symbol.asyncDispose]();
		expect(vault.calls.at(-1)?.url).toBe("/v1/auth/token/revoke-self");
		expect(await backend.isAvailable()).toBe(false);
	});

	it("tell whether a path may have changed", async () => {
		const { signal } = new AbortController();
		const question = { path: parseSecretPath("a/b/c"), names: [] };
		const memory = new MemoryBackend({ "a/b": { c: "1" } });
		const first = await memory.revision(question);
		expect(await memory.revision(question)).toEqual(first);
		memory.set("x/y", { z: "other" });
		expect(await memory.revision(question)).toEqual(first);
		memory.set("a/b", undefined);
		expect(await memory.revision(question)).toEqual({ kind: "absent" });
		memory.set("a/b", { c: "2" });
		expect(await memory.revision(question)).not.toEqual(first);
		expect(memory.reads).toEqual([]);
		const own = new EnvironmentBackend({ env: { A_B_C: "v" }, envFile: false });
		expect(await own.revision(question, signal)).toMatchObject({ kind: "known" });
	});

	it("stand in a chain beside names", async () => {
		const env = { A_B_C: "v" };
		const aws = new AwsSecretsManagerBackend({
			env: {},
			region: "us-east-1",
			endpoint: "http://127.0.0.1:1",
		});
		const chain = [
			new MemoryBackend({ "x/y": { z: "m" } }),
			aws,
			new EnvironmentBackend({ env, envFile: false }),
		];
		await using manager = new SecretManager({ chain, ...quiet });
		expect(manager.backendName).toBe("memory");
		expect(await manager.getSecret("x/y/z")).toBe("m");
		expect(await manager.getSecret("a/b/c")).toBe("v");
	});

	it.each([
		[
			"an address is missing",
			() => new VaultBackend({ env: {} }),
			"The program asks for vault, which is not configured",
		],
		[
			"a setting is unknown",
			() => new VaultBackend({ mout: "x" } as object),
			'unknown key "mout"; did you mean "mount"?',
		],
		["a duration is none", () => new VaultBackend({ timeout: "soon" }), "vault.timeout must be a duration"],
		[
			"a login is half",
			() => new VaultBackend({ auth: { method: "kubernetes" } }),
			"vault.auth with the method kubernetes needs role",
		],
		[
			"settings of a manager are wrong",
			() => new SecretManager({ aws: { retries: 11 } }),
			"aws.retries must be a whole number from 0 to 10",
		],
	])("refuse what makes no sense: %s", (_, make, words) => {
		let error: DstaError | undefined;
		try {
			make();
		} catch (thrown) {
			error = thrown as DstaError;
		}
		expect(error?.code).toBe("DSTA_CONFIG");
		expect(error?.message).toContain(words);
	});
});

describe("the backend for tests", () => {
	it("has secrets of fields, and texts as secrets of their own", async () => {
		const backend = new MemoryBackend({
			"exchange/binance": { api_key: "k", retries: 3 },
			"database/password": "p",
		});
		await using manager = new SecretManager({ backend, cacheTtlMs: 0 });
		expect(await manager.getSecrets("exchange/binance")).toEqual({ api_key: "k", retries: "3" });
		expect(await manager.getSecret("database/password")).toBe("p");
		expect(await manager.getSecret("x/y/z", { default: "d" })).toBe("d");
		expect(backend.reads).toEqual(["exchange/binance/*", "database/password", "x/y/z"]);
		expect(await backend.list("")).toEqual(["database/", "exchange/"]);
		expect(await backend.list("exchange")).toEqual(["binance"]);
	});

	it("keeps versions, and fails when it is told to", async () => {
		const backend = new MemoryBackend({ "a/b": { c: "1" } });
		await using manager = new SecretManager({ backend, cacheTtlMs: 0 });
		const { signal } = new AbortController();
		await backend.write("a/b", new Map([["c", "2"]]), { replace: false, signal });
		expect(await manager.getSecret("a/b/c")).toBe("2");
		expect(await manager.getSecret("a/b/c", { version: 1 })).toBe("1");
		const writing = backend.write("a/b", new Map([["c", "3"]]), { replace: false, overwrite: false, signal });
		await expect(writing).rejects.toMatchObject({ code: "DSTA_CONFLICT" });
		const { DstaError } = await import("../../src/index.ts");
		backend.fail(new DstaError("DSTA_UNAVAILABLE", "down", { cure: "start it" }));
		await expect(manager.getSecret("a/b/c")).rejects.toMatchObject({ code: "DSTA_UNAVAILABLE" });
		expect(await manager.backend.isAvailable()).toBe(false);
		backend.fail(undefined);
		backend.set("a/b", undefined);
		await expect(manager.getSecret("a/b/c")).rejects.toMatchObject({ code: "DSTA_NOT_FOUND" });
	});
});

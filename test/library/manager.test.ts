import { afterEach, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { SecretManager, type SecretManagerOptions } from "../../src/index.ts";
import { complete } from "../../src/library/registered.ts";
import { mountAnswer, refusal, secretV2, startFakeVault } from "../backends/vault/fake-vault.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";

const warnings: string[] = [];
afterEach(() => {
	warnings.length = 0;
});

function manage(options: SecretManagerOptions): SecretManager {
	return new SecretManager({ envFile: false, onWarning: (message) => warnings.push(message), ...options });
}

function vaultAt(address: string): Record<string, string> {
	return { VAULT_ADDR: address, VAULT_TOKEN: "t", VAULT_NAMESPACE: "" };
}

/** A backend whose first answer never comes; the others have the number of the question. */
function silentAtFirst() {
	const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>();
	let count = 0;
	const backend = complete("store", {
		async read({ path }) {
			count++;
			ask();
			if (count === 1) await new Promise(() => undefined);
			return { value: `v${count}`, location: path.text };
		},
	});
	return { backend, isAsked };
}

describe("SecretManager", () => {
	it("reads the environment as the guide shows", async () => {
		const manager = manage({ backend: "env", env: { TEST_KEY: "test_value" } });
		expect(await manager.getSecret("test/path/test_key")).toBe("test_value");
		expect(await manager.getSecret("test/path/other_key", { default: "d" })).toBe("d");
		await expect(manager.getSecret("test/path/other_key")).rejects.toMatchObject({ code: "DSTA_NOT_FOUND" });
		expect(warnings).toEqual([]);
	});

	it("takes the environment of the process where none is given, as it is when it is asked", async () => {
		const manager = manage({ backend: "env" });
		process.env.DSTA_TEST_LATE_KEY = "late";
		expect(await manager.getSecret("dsta/test/late_key")).toBe("late");
		delete process.env.DSTA_TEST_LATE_KEY;
	});

	it("falls back to the environment where Vault is not available, with a warning", async () => {
		const env = { ...vaultAt("http://127.0.0.1:1"), GATEIO_API_KEY: "k", GATEIO_API_SECRET: "s" };
		await using manager = manage({ env });
		const { api_key, api_secret } = await manager.getExchangeCredentials("gateio");
		expect({ api_key, api_secret }).toEqual({ api_key: "k", api_secret: "s" });
		expect(warnings).toEqual([
			"Vault not available: Connection refused (http://127.0.0.1:1); the next backend is asked",
		]);
	});

	it("says that a default stands in for a backend that could not be asked", async () => {
		await using manager = manage({ backend: "vault", env: vaultAt("http://127.0.0.1:1") });
		expect(await manager.getSecret("a/b/c", { default: "d" })).toBe("d");
		expect(warnings.at(-1)).toBe(
			"the default of a/b/c stands in for vault: Vault not available: Connection refused (http://127.0.0.1:1)",
		);
	});

	it("does not take a default for a refusal", async () => {
		await using vault = await startFakeVault(() => refusal(403, "permission denied"));
		await using manager = manage({ env: vaultAt(vault.url) });
		await expect(manager.getSecret("a/b/c", { default: "d" })).rejects.toMatchObject({ code: "DSTA_DENIED" });
	});

	it("tells which fields of an exchange are missing, and knows those that are not", async () => {
		const env = { KRAKEN_API_KEY: "k", KRAKEN_OTP: "o" };
		const manager = manage({ env, backend: "env" });
		await expect(manager.getExchangeCredentials("kraken")).rejects.toThrow(
			"Secret not found: exchange/kraken has no api_secret",
		);
		const credentials = await manager.getExchangeCredentials("kraken", { keys: ["api_key", "otp"] });
		expectTypeOf(credentials.otp).toEqualTypeOf<string>();
		expectTypeOf(credentials.passphrase).toEqualTypeOf<string | undefined>();
		expect(credentials).toEqual({ api_key: "k", otp: "o" });
	});
});

describe("the backend of a manager", () => {
	it("is the first of the chain that is configured", () => {
		expect(manage({ env: vaultAt("http://127.0.0.1:1") }).backendName).toBe("vault");
		expect(manage({ env: { AWS_REGION: "eu-west-1" } }).backendName).toBe("aws");
		expect(manage({ env: {} }).backendName).toBe("env");
		expect(manage({ env: {}, backend: "vault" }).backendName).toBe("vault");
	});

	it.each([
		["answers and accepts the token", 200, { data: {} }, true],
		["refuses the token", 403, { errors: ["permission denied"] }, false],
		["is sealed", 503, { errors: ["Vault is sealed"] }, false],
	])("is asked whether it is available: %s", async (_, status, body, isAvailable) => {
		await using vault = await startFakeVault(() => ({ status, body }));
		await using manager = manage({ env: vaultAt(vault.url) });
		expect(await manager.backend.isAvailable()).toBe(isAvailable);
		expect(manager.backend.description).toBe(vault.url);
	});

	it("is not available where nothing configures it, or within the time given", async () => {
		expect(await manage({ env: {}, backend: "vault" }).backend.isAvailable()).toBe(false);
		await using vault = await startFakeVault(() => "silence");
		await using manager = manage({ env: vaultAt(vault.url) });
		expect(await manager.backend.isAvailable({ timeoutMs: 50 })).toBe(false);
	});
});

describe("what a manager asks", () => {
	const program = () => secretV2({ api_key: "k", api_secret: "s" });

	it("is one request for all fields of a secret that are asked for in one turn", async () => {
		await using vault = await startFakeVault(program);
		await using manager = manage({ env: vaultAt(vault.url), cacheTtlMs: 0 });
		const paths = ["x/y/api_key", "x/y/api_secret", "x/y/api_key"];
		expect(await Promise.all(paths.map((path) => manager.getSecret(path)))).toEqual(["k", "s", "k"]);
		expect(vault.calls).toHaveLength(1);
	});

	it("is not asked again while it is being asked", async () => {
		const { promise: gate, resolve: open } = Promise.withResolvers<void>();
		await using vault = await startFakeVault(async () => {
			await gate;
			return program();
		});
		await using manager = manage({ env: vaultAt(vault.url), cacheTtlMs: 0 });
		const first = manager.getSecret("x/y/api_key");
		await vault.nextCall();
		const second = manager.getSecret("x/y/api_key");
		open();
		expect(await Promise.all([first, second])).toEqual(["k", "k"]);
		expect(vault.calls).toHaveLength(1);
	});

	it("is kept, unless the call wants it fresh or the cache was cleared", async () => {
		await using vault = await startFakeVault((_, count) =>
			secretV2({ key: `v${count}` }, { version: count }),
		);
		await using manager = manage({ env: vaultAt(vault.url) });
		expect(await manager.getSecret("x/y/key")).toBe("v1");
		expect(await manager.getSecret("x/y/key")).toBe("v1");
		expect(await manager.getSecret("x/y/key", { fresh: true })).toBe("v2");
		expect(await manager.getSecret("x/y/key")).toBe("v2");
		manager.clearCache();
		expect(await manager.getSecret("x/y/key")).toBe("v3");
	});

	it("is not kept for longer than it may be, and an absence never", async () => {
		await using vault = await startFakeVault((call, count) =>
			call.url.includes("mounts")
				? mountAnswer(2)
				: count === 1
					? refusal(404)
					: secretV2({ key: `v${count}` }),
		);
		await using manager = manage({ env: vaultAt(vault.url), cacheTtlMs: 0 });
		expect(await manager.getSecret("x/y/key", { default: "d" })).toBe("d");
		expect(await manager.getSecret("x/y/key")).toBe("v2");
		expect(await manager.getSecret("x/y/key")).toBe("v3");
	});

	it("is not kept where it only stands in for a backend that failed", async () => {
		const { backend } = silentAtFirst();
		await using manager = manage({ chain: [backend, "env"], env: { X_Y_KEY: "old" } });
		expect(await manager.getSecret("x/y/key", { timeoutMs: 100 })).toBe("old");
		expect(await manager.getSecret("x/y/key")).toBe("v2");
		expect(await manager.getSecret("x/y/key")).toBe("v2");
	});

	it("ends for a caller at its signal or time, and for the others goes on", async () => {
		const { promise: gate, resolve: open } = Promise.withResolvers<void>();
		await using vault = await startFakeVault(async () => {
			await gate;
			return program();
		});
		await using manager = manage({ env: vaultAt(vault.url) });
		const controller = new AbortController();
		const leaving = manager.getSecret("x/y/api_key", { signal: controller.signal });
		const hurried = manager.getSecret("x/y/api_key", { timeoutMs: 10 });
		const patient = manager.getSecret("x/y/api_key");
		await vault.nextCall();
		controller.abort(new Error("enough"));
		await expect(leaving).rejects.toThrow("enough");
		await expect(hurried).rejects.toMatchObject({ code: "DSTA_TIMEOUT", path: "x/y/api_key" });
		open();
		expect(await patient).toBe("k");
		expect(vault.calls).toHaveLength(1);
	});

	it("ends at the server when nobody waits any more", async () => {
		await using vault = await startFakeVault(() => "silence");
		await using manager = manage({ env: vaultAt(vault.url) });
		const controller = new AbortController();
		const only = manager.getSecret("x/y/api_key", { signal: controller.signal });
		await vault.nextCall();
		const gone = vault.nextClose();
		controller.abort();
		await expect(only).rejects.toThrow("aborted");
		await gone;
	});

	it("is asked again where the only one who waited for it has left", async () => {
		await using vault = await startFakeVault((_, count) => (count === 1 ? "silence" : program()));
		await using manager = manage({ env: vaultAt(vault.url) });
		const controller = new AbortController();
		const leaving = manager.getSecret("x/y/api_key", { signal: controller.signal });
		await vault.nextCall();
		controller.abort();
		await expect(leaving).rejects.toThrow("aborted");
		expect(await manager.getSecret("x/y/api_key")).toBe("k");
	});

	it("is asked again for callers with more time than those who wait for it", async () => {
		const store = silentAtFirst();
		await using manager = manage({ chain: [store.backend, "env"], env: { X_Y_API_KEY: "old" } });
		const hurried = manager.getSecret("x/y/api_key", { timeoutMs: 100 });
		await store.isAsked;
		const patient = [1, 2].map(() => manager.getSecret("x/y/api_key"));
		expect(await Promise.all(patient)).toEqual(["v2", "v2"]);
		expect(await hurried).toBe("old");
		expect(await manager.getSecret("x/y/api_key")).toBe("v2");
	});

	it("is asked again, once in a turn, for callers that want it fresh", async () => {
		const store = silentAtFirst();
		await using manager = manage({ backend: store.backend });
		const controller = new AbortController();
		const first = manager.getSecret("x/y/key", { signal: controller.signal });
		await store.isAsked;
		const fresh = [1, 2].map(() => manager.getSecret("x/y/key", { fresh: true }));
		expect(await Promise.all(fresh)).toEqual(["v2", "v2"]);
		controller.abort();
		await expect(first).rejects.toThrow("aborted");
	});

	it("is asked by others in a turn in which the first call has left", async () => {
		await using vault = await startFakeVault(program);
		await using manager = manage({ env: vaultAt(vault.url) });
		const controller = new AbortController();
		const leaving = manager.getSecret("x/y/api_key", { signal: controller.signal });
		controller.abort();
		await expect(leaving).rejects.toThrow("aborted");
		const others = ["x/y/api_secret", "x/y/api_key"].map((path) => manager.getSecret(path));
		expect(await Promise.all(others)).toEqual(["s", "k"]);
		expect(vault.calls).toHaveLength(1);
	});
});

describe("bad input of a manager", () => {
	it.each([
		["an unknown backend", () => manage({ backend: "doppler" }), '"doppler" is no backend'],
		["an unknown backend in a chain", () => manage({ chain: ["env", "x"] }), '"x" is no backend'],
		["an empty chain", () => manage({ chain: [] }), "The chain of a secret manager is empty"],
		[
			"a backend twice",
			() => manage({ chain: ["env", "env"] }),
			"A secret manager's chain names a backend twice",
		],
		[
			"both backend and chain",
			() => manage({ chain: ["env"], backend: "env" }),
			"backend and chain exclude each other",
		],
		[
			"a time that is none",
			() => manage({ timeoutMs: Number.NaN }),
			"timeoutMs is no number of milliseconds",
		],
		["a negative life", () => manage({ cacheTtlMs: -1 }), "cacheTtlMs is no number of milliseconds"],
	])("refuses %s", (_, make, message) => {
		expect(make).toThrow(expect.objectContaining({ code: "DSTA_USAGE", message }));
	});

	it.each([
		["an empty path", "", "DSTA_MAP"],
		["a path with ..", "a/../b", "DSTA_MAP"],
		["a path with an empty segment", "a//b", "DSTA_MAP"],
		["a wildcard", "a/*", "DSTA_USAGE"],
	])("refuses %s", async (_, path, code) => {
		const manager = manage({ backend: "env", env: {} });
		await expect(manager.getSecret(path)).rejects.toMatchObject({ name: "DstaError", code });
	});

	it("refuses a default that is no text, which would come out as another type than a value", async () => {
		const manager = manage({ backend: "env", env: {} });
		const port = 5432 as unknown as string;
		await expect(manager.getSecret("database/postgres/port", { default: port })).rejects.toMatchObject({
			code: "DSTA_USAGE",
			cure: 'Write it as one: { default: "5432" }',
		});
	});

	it("refuses to be used when it is closed", async () => {
		const manager = manage({ backend: "env", env: {} });
		await manager.close();
		await manager.close();
		await expect(manager.getSecret("a/b/c")).rejects.toMatchObject({ code: "DSTA_USAGE" });
	});

	it("refuses what is under way when it is closed, and asks no further backend", async () => {
		const store = silentAtFirst();
		const env = { A_B_C: "old", A_B_D: "old" };
		const manager = manage({ chain: [store.backend, "env"], env });
		const asked = manager.getSecret("a/b/c");
		await store.isAsked;
		const boarding = manager.getSecret("a/b/d", { default: "d" });
		const refused = { code: "DSTA_USAGE", message: "The secret manager is closed" };
		const all = [asked, boarding].map((call) => expect(call).rejects.toMatchObject(refused));
		await manager.close();
		await Promise.all(all);
		expect(warnings).toEqual([]);
	});

	it("names the setting of a backend that is asked for and not configured", async () => {
		await expect(manage({ backend: "vault", env: {} }).getSecret("a/b/c")).rejects.toMatchObject({
			code: "DSTA_CONFIG",
			message: "a/b/c asks for vault, which is not configured",
		});
	});
});

describe.skipIf(ADDRESS === "")("SecretManager on a real Vault", () => {
	beforeAll(async () => {
		const data = { api_key: "k", api_secret: "s", testnet: "false" };
		await askVault(ADDRESS, "POST", "secret/data/exchange/managed", { data });
	});

	it("gives one secret, a version of it, and all of a path", async () => {
		const env = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };
		await using manager = manage({ backend: "vault", env });
		expect(await manager.getSecret("exchange/managed/api_key")).toBe("k");
		expect(await manager.getSecret("exchange/managed/api_key", { version: 1 })).toBe("k");
		expect(await manager.getSecrets("exchange/managed")).toEqual({
			api_key: "k",
			api_secret: "s",
			testnet: "false",
		});
	});
});

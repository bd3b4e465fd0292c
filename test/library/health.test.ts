import { afterEach, describe, expect, it, vi } from "vitest";
import {
	checkSecretBackend,
	closeSecrets,
	getExchangeCredentials,
	getSecret,
	getSecrets,
	SecretManager,
} from "../../src/index.ts";
import { mountAnswer, refusal, startFakeVault } from "../backends/vault/fake-vault.ts";

afterEach(async () => {
	vi.unstubAllEnvs();
	await closeSecrets();
});

function useVault(address: string): void {
	vi.stubEnv("VAULT_ADDR", address);
	vi.stubEnv("VAULT_TOKEN", "t");
	vi.stubEnv("VAULT_NAMESPACE", "");
	vi.stubEnv("AWS_REGION", "");
}

describe("the health check", () => {
	it("has the guide's result where the backend answers", async () => {
		await using vault = await startFakeVault(({ url }) =>
			url.includes("lookup-self")
				? { body: { data: {} } }
				: url.includes("mounts")
					? mountAnswer(2)
					: refusal(404),
		);
		useVault(vault.url);
		expect(await checkSecretBackend()).toEqual({ status: "healthy", backend: "vault" });
	});

	it("names what is wrong where it does not, and what a policy denies", async () => {
		useVault("http://127.0.0.1:1");
		expect(await checkSecretBackend()).toEqual({
			status: "unhealthy",
			backend: "vault",
			error: "Vault not available: Connection refused (http://127.0.0.1:1)",
		});
		await using vault = await startFakeVault(({ url }) =>
			url.includes("lookup-self") ? { body: { data: {} } } : refusal(403, "permission denied"),
		);
		useVault(vault.url);
		expect(await checkSecretBackend()).toMatchObject({
			status: "unhealthy",
			error: expect.stringContaining("Permission denied: Vault refused to read secret/data/health"),
		});
	});

	it("says so where a setting is wrong", async () => {
		useVault("ftp://vault.example.com");
		for (const options of [{}, { backend: "vault" }])
			expect(await checkSecretBackend(options)).toEqual({
				status: "unhealthy",
				backend: "vault",
				error: expect.stringContaining("VAULT_ADDR"),
			});
		const { backend } = new SecretManager();
		expect([backend.description, await backend.isAvailable()]).toEqual(["could not be made", false]);
		await expect(backend.check()).rejects.toMatchObject({ code: "DSTA_CONFIG" });
	});

	it.each([Number.POSITIVE_INFINITY, Number.NaN, -1])("refuses a limit of %d ms", async (timeoutMs) => {
		const usage = { code: "DSTA_USAGE", message: "timeoutMs is no number of milliseconds" };
		const { backend } = new SecretManager({ backend: "env" });
		await expect(backend.isAvailable({ timeoutMs })).rejects.toMatchObject(usage);
		await expect(checkSecretBackend({ backend: "env", timeoutMs })).rejects.toMatchObject(usage);
	});

	it("asks the backend that is named", async () => {
		expect(await checkSecretBackend({ backend: "env" })).toEqual({ status: "healthy", backend: "env" });
		vi.stubEnv("VAULT_ADDR", "");
		expect(await checkSecretBackend({ backend: "vault" })).toEqual({
			status: "unhealthy",
			backend: "vault",
			error: "The secret manager asks for vault, which is not configured",
		});
	});
});

describe("the functions without a manager", () => {
	it("read through one that they share", async () => {
		await using vault = await startFakeVault(() => ({
			body: { data: { data: { api_key: "k", api_secret: "s" }, metadata: { version: 1 } } },
		}));
		useVault(vault.url);
		expect(await getSecret("exchange/binance/api_key")).toBe("k");
		expect(await getSecret("exchange/binance/api_key")).toBe("k");
		expect(vault.calls).toHaveLength(1);
		expect(await getSecrets("exchange/binance")).toEqual({ api_key: "k", api_secret: "s" });
		expect((await getExchangeCredentials("binance")).api_secret).toBe("s");
		vi.stubEnv("A_B_C", "v");
		expect(await getSecret("a/b/c", { backend: "env" })).toBe("v");
		expect(await getSecret("x/y/z", { backend: "env", default: "d" })).toBe("d");
	});

	it("reject as a manager does, never at once", async () => {
		await expect(getSecret("a/b/c", { backend: "nobody" })).rejects.toMatchObject({ code: "DSTA_USAGE" });
	});
});

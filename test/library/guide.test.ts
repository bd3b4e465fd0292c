import { afterEach, describe, expect, it, vi } from "vitest";
import { SecretManager } from "../../src/index.ts";
import { MemoryBackend } from "../../src/testing.ts";
import { secretV2, startFakeVault } from "../backends/vault/fake-vault.ts";
import { getBinanceClient } from "./binance.ts";

// As the tests of an application would: the library keeps its own code, but for what this one asks of it.
const getExchangeCredentials = vi.hoisted(() => vi.fn());
vi.mock(import("../../src/index.ts"), async (importOriginal) => ({
	...(await importOriginal()),
	getExchangeCredentials,
}));

afterEach(() => {
	vi.unstubAllEnvs();
});

describe("the guide's unit tests", () => {
	it("test the environment backend", async () => {
		vi.stubEnv("TEST_KEY", "test_value");
		const manager = new SecretManager({ backend: "env" });
		expect(await manager.getSecret("test/path/test_key")).toBe("test_value");
	});

	it("test the Vault backend, whose server is a mock", async () => {
		await using vault = await startFakeVault(() => secretV2({ api_key: "test_key" }));
		vi.stubEnv("VAULT_ADDR", vault.url);
		vi.stubEnv("VAULT_TOKEN", "t");
		await using manager = new SecretManager({ backend: "vault" });
		expect(await manager.getSecret("exchange/binance/api_key")).toBe("test_key");
		expect(vault.calls[0]?.headers["x-vault-namespace"]).toBe("dsta");
	});

	it("test the fallback chain", async () => {
		vi.stubEnv("TEST_KEY", "env_value");
		for (const name of ["VAULT_ADDR", "BAO_ADDR", "AWS_REGION", "AWS_PROFILE"]) vi.stubEnv(name, "");
		const manager = new SecretManager();
		expect(await manager.getSecret("test/path/test_key", { default: "default" })).toBe("env_value");
		expect(await manager.getSecret("test/path/no_key", { default: "default" })).toBe("default");
	});
});

describe("the tests of an application", () => {
	it("mock the library", async () => {
		getExchangeCredentials.mockResolvedValue({ api_key: "k", api_secret: "s" });
		expect(await getBinanceClient()).toEqual({ key: "k", secret: "s" });
		expect(getExchangeCredentials).toHaveBeenCalledWith("binance");
	});

	it("give it a backend in memory", async () => {
		const backend = new MemoryBackend({ "exchange/binance": { api_key: "k", api_secret: "s" } });
		await using manager = new SecretManager({ backend });
		expect(await manager.getExchangeCredentials("binance")).toEqual({ api_key: "k", api_secret: "s" });
	});
});

import { beforeAll, describe, expect, it } from "vitest";
import { SecretManager } from "../../src/index.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";

describe("SecretManager", () => {
	it("reads the environment as the guide shows", async () => {
		const manager = new SecretManager({ backend: "env", env: { TEST_KEY: "test_value" }, cwd: false });
		expect(await manager.getSecret("test/path/test_key")).toBe("test_value");
		expect(await manager.getSecret("test/path/other_key", { default: "d" })).toBe("d");
		await expect(manager.getSecret("test/path/other_key")).rejects.toMatchObject({ code: "DSTA_NOT_FOUND" });
	});

	it("falls back to the environment where Vault is not available", async () => {
		const env = {
			VAULT_ADDR: "http://127.0.0.1:1",
			VAULT_TOKEN: "x",
			GATEIO_API_KEY: "k",
			GATEIO_API_SECRET: "s",
		};
		const manager = new SecretManager({ env, cwd: false });
		expect(await manager.getExchangeCredentials("gateio")).toEqual({ api_key: "k", api_secret: "s" });
		manager.close();
	});
});

describe.skipIf(ADDRESS === "")("SecretManager on a real Vault", () => {
	beforeAll(async () => {
		const data = { api_key: "k", api_secret: "s", testnet: "false" };
		await askVault(ADDRESS, "POST", "secret/data/exchange/managed", { data });
	});

	it("gives one secret, and all of a path", async () => {
		const env = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };
		const manager = new SecretManager({ backend: "vault", env, cwd: false });
		expect(await manager.getSecret("exchange/managed/api_key")).toBe("k");
		expect(await manager.getSecrets("exchange/managed")).toEqual({
			api_key: "k",
			api_secret: "s",
			testnet: "false",
		});
		manager.close();
	});
});

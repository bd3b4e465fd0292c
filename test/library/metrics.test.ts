import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { createSecretMetrics, SecretManager } from "../../src/index.ts";
import { mountAnswer, refusal, secretV2, startFakeVault } from "../backends/vault/fake-vault.ts";

describe("the metrics", () => {
	it("count what each backend was asked, by the names and labels of the guide", async () => {
		await using vault = await startFakeVault(({ url }) => {
			if (url.includes("mounts")) return mountAnswer(2);
			if (url.includes("/there")) return secretV2({ key: "v" });
			return url.includes("/denied") ? refusal(403, "permission denied") : refusal(404);
		});
		const metrics = await createSecretMetrics();
		const env = { VAULT_ADDR: vault.url, VAULT_TOKEN: "t", VAULT_NAMESPACE: "", A_ENV_KEY: "e" };
		await using manager = new SecretManager({ env, envFile: false, chain: ["vault", "env"], metrics });
		expect(await manager.getSecret("a/there/key")).toBe("v");
		expect(await manager.getSecret("a/there/key")).toBe("v");
		expect(await manager.getSecret("a/env/key")).toBe("e");
		await expect(manager.getSecret("a/denied/key")).rejects.toMatchObject({ code: "DSTA_DENIED" });
		const text = await metrics.registry.metrics();
		expect(text.match(/^secret_requests_total.*$/gm)).toEqual([
			'secret_requests_total{backend="vault",status="found"} 1',
			'secret_requests_total{backend="vault",status="absent"} 1',
			'secret_requests_total{backend="env",status="found"} 1',
			'secret_requests_total{backend="vault",status="denied"} 1',
		]);
		expect(text).toMatch(/^secret_request_duration_seconds_count\{backend="vault"\} 3$/m);
		expect(text).toMatch(/^secret_request_duration_seconds_bucket\{le="30",backend="vault"\} 3$/m);
	});

	it("go into the registry of a program beside its own", async () => {
		const registry = new Registry();
		await createSecretMetrics(registry);
		expect(await registry.metrics()).toContain("# TYPE secret_requests_total counter");
	});
});

import { beforeAll, describe, expect, it } from "vitest";
import { SecretManager, SecretRotationManager } from "../../src/index.ts";
import { MemoryBackend } from "../../src/testing.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";

describe("a rotation", () => {
	it("changes one field, keeps the others and the old version, and is seen at once", async () => {
		const backend = new MemoryBackend({ "exchange/binance": { api_key: "old", api_secret: "s" } });
		await using manager = new SecretManager({ backend });
		expect(await manager.getSecret("exchange/binance/api_key")).toBe("old");
		const rotation = await new SecretRotationManager(manager).rotateSecret("exchange/binance/api_key", "new");
		expect(rotation).toEqual({
			path: "exchange/binance/api_key",
			backend: "memory",
			location: "exchange/binance",
			version: "2",
			previousVersion: "1",
		});
		expect(await manager.getSecrets("exchange/binance")).toEqual({ api_key: "new", api_secret: "s" });
		expect(await manager.getSecret("exchange/binance/api_key", { version: 1 })).toBe("old");
	});

	it("is a conflict where somebody else is later", async () => {
		class Contested extends MemoryBackend {
			override async write(...args: Parameters<MemoryBackend["write"]>) {
				const written = await super.write(...args);
				this.set("a/b", { c: "theirs" });
				return written;
			}
		}
		await using manager = new SecretManager({ backend: new Contested({ "a/b": { c: "old" } }) });
		await expect(new SecretRotationManager(manager).rotateSecret("a/b/c", "ours")).rejects.toMatchObject({
			code: "DSTA_CONFLICT",
			path: "a/b/c",
		});
	});

	it.each([
		["no field", "a/*", "v", "DSTA_USAGE"],
		["no path", "a//b", "v", "DSTA_MAP"],
		["no value", "a/b/c", "", "DSTA_USAGE"],
		["no text", "a/b/c", 5 as unknown as string, "DSTA_USAGE"],
		["a backend that cannot be written", "a/b/c", "v", "DSTA_UNSUPPORTED"],
	])("needs what it is given: %s", async (_, path, value, code) => {
		await using manager = new SecretManager({ backend: "env", env: {}, envFile: false });
		await expect(new SecretRotationManager(manager).rotateSecret(path, value)).rejects.toMatchObject({
			code,
		});
	});

	it("is made once of two at the same moment, from what was there when it was called", async () => {
		await using manager = new SecretManager({ backend: new MemoryBackend({ "a/b": { c: "old" } }) });
		const rotator = new SecretRotationManager(manager);
		const settled = await Promise.allSettled(
			["one", "two"].map((value) => rotator.rotateSecret("a/b/c", value)),
		);
		const [lost, ...others] = settled.filter(({ status }) => status === "rejected");
		expect([lost, others]).toMatchObject([{ reason: { code: "DSTA_CONFLICT" } }, []]);
	});

	it("is taken back, once", async () => {
		await using manager = new SecretManager({
			backend: new MemoryBackend({ "a/b": { c: "old", d: "kept" } }),
		});
		const rotator = new SecretRotationManager(manager);
		await rotator.rotateSecret("a/b/c", "new");
		expect(await rotator.rollbackSecret("a/b/c")).toMatchObject({ version: "3", previousVersion: "1" });
		expect(await manager.getSecrets("a/b")).toEqual({ c: "old", d: "kept" });
		await expect(rotator.rollbackSecret("a/b/c")).rejects.toMatchObject({ code: "DSTA_NOT_FOUND" });
	});

	it("has a schedule beside its secret", async () => {
		const backend = new MemoryBackend({ "a/b": { c: "old" } });
		await using manager = new SecretManager({ backend });
		const rotator = new SecretRotationManager(manager);
		await rotator.scheduleRotation("a/b/c", { days: 90 });
		const annotations = await backend.annotations.read("a/b", new AbortController().signal);
		expect(annotations?.get("dsta:schedule:c")).toMatch(/^every=90d since=/);
		await expect(rotator.scheduleRotation("a/b/c", { days: 0 })).rejects.toMatchObject({
			code: "DSTA_USAGE",
		});
		await expect(rotator.scheduleRotation("no/such/c", { days: 90 })).rejects.toMatchObject({
			code: "DSTA_NOT_FOUND",
		});
	});
});

describe.skipIf(ADDRESS === "")("a rotation on a real Vault", () => {
	beforeAll(async () => {
		await askVault(ADDRESS, "POST", "secret/data/exchange/rotated", { data: { api_key: "old", other: "o" } });
	});

	it("makes a version, and loses nothing of two at once", async () => {
		const env = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };
		await using manager = new SecretManager({ backend: "vault", env });
		const rotator = new SecretRotationManager(manager);
		const rotations = await Promise.all([
			rotator.rotateSecret("exchange/rotated/api_key", "new"),
			rotator.rotateSecret("exchange/rotated/second", "two"),
		]);
		expect(rotations.map(({ version }) => version).sort()).toEqual(["2", "3"]);
		expect(await manager.getSecrets("exchange/rotated")).toEqual({
			api_key: "new",
			other: "o",
			second: "two",
		});
		expect(await manager.getSecret("exchange/rotated/api_key", { version: 1 })).toBe("old");
	});
});

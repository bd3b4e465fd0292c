import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { connectionCure, connectionReason } from "../../../src/backends/vault/connection-cure.ts";
import type { VaultSettings } from "../../../src/backends/vault/settings.ts";
import { folderWith, launch } from "../../process/launch.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, readAll, SENTINELS } from "./backend.ts";
import { secretV2, startFakeVault } from "./fake-vault.ts";

const { signal } = new AbortController();
const folder = () => mkdtempSync(join(tmpdir(), "dsta-run-socket-"));

describe("A Unix socket as Vault's address", () => {
	it("is asked like any other, and through no proxy", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: SENTINELS.value }), {
			socketPath: join(folder(), "va ult%41.sock"),
		});
		const proxies = { VAULT_PROXY_ADDR: "http://127.0.0.1:1", HTTPS_PROXY: "http://127.0.0.1:1" };
		using backend = openBackend(vault.url, { ...proxies, VAULT_CACERT: "/nonexistent" });
		const paths = Array.from({ length: 40 }, (_, index) => `s${index}/c`);
		expect(await readAll(backend, paths)).toHaveLength(40);
		expect(vault.calls[0]).toMatchObject({
			headers: { host: "localhost", "x-vault-token": SENTINELS.token },
		});
		expect(vault.connections.peak).toBeLessThanOrEqual(32);
		expect(backend.description).toBe(vault.url);
	});

	it("gives the command its secrets", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: SENTINELS.value }), {
			socketPath: join(folder(), "vault.sock"),
		});
		const env = { VAULT_ADDR: vault.url, VAULT_TOKEN: SENTINELS.token, VAULT_NAMESPACE: "" };
		const { status, stdout } = await launch(folderWith("a/b/c: C\n"), ["--", "printenv", "C"], env).ended;
		expect({ status, stdout }).toEqual({ status: 0, stdout: `${SENTINELS.value}\n` });
	});

	it("that is not there makes Vault unavailable", async () => {
		const path = join(folder(), "vault.sock");
		using backend = openBackend(`unix://${path}`);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toBe(`Vault not available: There is no such socket (unix://${path})`);
		expect(error.cure).toContain(`curl --unix-socket ${path} http://localhost/v1/sys/health`);
	});

	it("that is a file makes Vault unavailable", async () => {
		const path = join(folder(), "vault.sock");
		writeFileSync(path, "");
		using backend = openBackend(`unix://${path}`);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.message).toBe(`Vault not available: Connection refused (unix://${path})`);
	});

	it("that this user may not use is told from one that is not there", () => {
		const settings = { address: "unix:///run/vault.sock", socketPath: "/run/vault.sock" } as VaultSettings;
		expect(connectionReason("EACCES", settings)).toBe("This user may not use the socket");
		expect(connectionCure("EACCES", settings)).toContain("ls -l /run/vault.sock");
	});

	it.each([
		["unix://vault.sock", "is a Unix socket without its whole path"],
		["unix://", "is a Unix socket without its whole path"],
		[`unix:///${"x".repeat(107)}`, "is a Unix socket whose path is over 107 bytes"],
		[`unix:///${"ü".repeat(54)}`, "is a Unix socket whose path is over 107 bytes"],
	])("%s is a mistake", (address, message) => {
		expect(() => openBackend(address)).toThrow(`VAULT_ADDR ${message}`);
	});
});

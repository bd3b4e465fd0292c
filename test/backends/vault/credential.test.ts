import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith, launchSync } from "../../process/launch.ts";
import { askVault } from "../../servers/start.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, SENTINELS } from "./backend.ts";
import { secretV2, startFakeVault } from "./fake-vault.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const { signal } = new AbortController();
const settings = { auth: { method: "credential", credential: "vault_token" } };

function folderOf(content?: string): string {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-credentials-"));
	if (content !== undefined) writeFileSync(join(folder, "vault_token"), content, { mode: 0o400 });
	chmodSync(folder, 0o500);
	return folder;
}

/** A backend that the map tells to take its token from a credential, in a home with the token of an earlier login. */
function open(address: string, env: Record<string, string>) {
	const home = mkdtempSync(join(tmpdir(), "dsta-run-home-"));
	writeFileSync(join(home, ".vault-token"), "hvs.of-an-earlier-login");
	return openBackend(address, { VAULT_TOKEN: "", ...env }, { home, settings });
}

describe("the credential that vault.auth names", () => {
	it.each([
		["alone", SENTINELS.token],
		["with a line end", `${SENTINELS.token}\n`],
		["with a line end of Windows", `${SENTINELS.token}\r\n`],
	])("holds the token: %s", async (_what, content) => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }));
		using backend = open(vault.url, { CREDENTIALS_DIRECTORY: folderOf(content) });
		await backend.read(request("a/b/c"), signal);
		expect(vault.calls[0]?.headers["x-vault-token"]).toBe(SENTINELS.token);
	});

	it("gives way to VAULT_TOKEN", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }));
		using backend = open(vault.url, {
			VAULT_TOKEN: SENTINELS.token,
			CREDENTIALS_DIRECTORY: folderOf("another"),
		});
		await backend.read(request("a/b/c"), signal);
		expect(vault.calls[0]?.headers["x-vault-token"]).toBe(SENTINELS.token);
	});

	it.each<[string, Record<string, string>, RegExp]>([
		["without a folder of credentials", {}, /credential vault_token.*: CREDENTIALS_DIRECTORY is not set$/],
		["that is not there", { CREDENTIALS_DIRECTORY: folderOf() }, /vault_token does not exist$/],
		["that is empty", { CREDENTIALS_DIRECTORY: folderOf("\n") }, /vault_token is empty$/],
		[
			"of two lines",
			{ CREDENTIALS_DIRECTORY: folderOf("sentinel\nX-Injected: 1") },
			/vault_token holds characters that no token has$/,
		],
		[
			"with a control character",
			{ CREDENTIALS_DIRECTORY: folderOf("sentinel\u0007") },
			/vault_token holds characters that no token has$/,
		],
	])("stops the run: %s", async (_what, env, message) => {
		using backend = open("http://127.0.0.1:1", env);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_CONFIG");
		expect(error.message).toMatch(message);
	});

	it("that is missing is cured by a line of the unit", async () => {
		using backend = open("http://127.0.0.1:1", {});
		const { cure } = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(cure).toContain("LoadCredential=vault_token:/path/to/the/token");
	});

	it("cannot be read where it is a folder", async () => {
		const folder = mkdtempSync(join(tmpdir(), "dsta-run-credentials-"));
		mkdirSync(join(folder, "vault_token"));
		using backend = open("http://127.0.0.1:1", { CREDENTIALS_DIRECTORY: folder });
		expect((await harmlessFailure(backend.read(request("a/b/c"), signal))).message).toMatch(/EISDIR$/);
	});
});

describe.skipIf(ADDRESS === "")("a run with the token in a credential, on a real server", () => {
	const MAP = "vault: { auth: { credential: vault_token } }\nsecrets:\n  credential/key: FROM_VAULT\n";
	const run = (CREDENTIALS_DIRECTORY: string) => {
		const cwd = folderWith(MAP);
		const env = { PATH: process.env.PATH, HOME: cwd, VAULT_ADDR: ADDRESS, CREDENTIALS_DIRECTORY };
		return launchSync(["--log-level", "trace", "--", "sh", "-c", 'echo "$FROM_VAULT"; env'], { cwd, env });
	};

	it("gets the secrets, and shows the token to nobody", async () => {
		await askVault(ADDRESS, "POST", "secret/data/credential", { data: { key: "from vault" } });
		const policy = 'path "secret/data/credential" { capabilities = ["read"] }';
		await askVault(ADDRESS, "POST", "sys/policies/acl/credential", { policy });
		const { auth } = await askVault(ADDRESS, "POST", "auth/token/create", { policies: ["credential"] });
		const token = (auth as { client_token: string }).client_token;
		const { status, stderr, stdout } = run(folderOf(`${token}\n`));
		expect({ status, first: stdout.split("\n")[0] }).toEqual({ status: 0, first: "from vault" });
		expect(stdout + stderr).not.toContain(token);
	});

	it.each([
		["that is refused", "sentinel-of-a-token", 77],
		["that cannot be one", "sentinel \u0001", 78],
	])("fails with a token %s, and shows it to nobody", (_what, token, status) => {
		const result = run(folderOf(token));
		expect(result.status).toBe(status);
		expect(result.stdout + result.stderr).not.toContain("sentinel");
	});
});

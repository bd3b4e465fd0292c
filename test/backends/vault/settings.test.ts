import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { DstaError } from "../../../src/errors.ts";
import { everythingOf, request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, SENTINELS } from "./backend.ts";
import { secretV2, startFakeVault } from "./fake-vault.ts";

const { signal } = new AbortController();

function refusalOf(open: () => unknown): DstaError {
	try {
		open();
	} catch (error) {
		expect(everythingOf(error as DstaError)).not.toContain("sentinel");
		return error as DstaError;
	}
	throw new Error("nothing failed");
}

describe("The address of Vault", () => {
	it.each([
		["with a slash at its end", "/", ""],
		["with several", "///", ""],
		["with a path", "/behind/a-proxy", "/behind/a-proxy"],
		["with a path and a slash", "/behind/a-proxy/", "/behind/a-proxy"],
		["with blanks around it", "\n", ""],
	])("may come %s", async (_what, end, prefix) => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }));
		using backend = openBackend(`${vault.url}${end}`);
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: "v" });
		expect(vault.calls[0]?.url).toBe(`${prefix}/v1/secret/data/a/b`);
		expect(backend.description).toBe(`${vault.url}${prefix}`);
	});

	it("may be of IP version 6", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }), { host: "::1" });
		using backend = openBackend(vault.url);
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: "v" });
		expect(vault.calls[0]?.headers.host).toBe(`[::1]:${vault.port}`);
	});

	it("may have a port that browsers refuse", async () => {
		using backend = openBackend("http://127.0.0.1:1");
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.message).toContain("Connection refused");
	});

	it.each([
		["127.0.0.1:8200", "is no http:// or https:// address"],
		["localhost:8200", "is no http:// or https:// address"],
		["vault.example.com", "is no http:// or https:// address"],
		["ftp://vault.example.com", "is no http:// or https:// address"],
		["http://", "is no http:// or https:// address"],
		["unix:/run/vault.sock", "is no http:// or https:// address"],
		["http://root:sentinel@127.0.0.1:8200", "holds a user name or password"],
		["https://sentinel@127.0.0.1:8200", "holds a user name or password"],
		["http://127.0.0.1:8200/?token=sentinel", "has a query or a fragment"],
		["http://127.0.0.1:8200/#sentinel", "has a query or a fragment"],
		["https://127.0.0.1:8200/v1", "ends in /v1, which is to be left out: dsta-run adds it"],
		["https://127.0.0.1:8200/vault/v1//", "ends in /v1, which is to be left out: dsta-run adds it"],
	])("%s is refused", (address, message) => {
		const error = refusalOf(() => openBackend(address));
		expect(error).toMatchObject({ code: "DSTA_CONFIG", backend: "vault", message: `VAULT_ADDR ${message}` });
		expect(error.cure).toContain("https://vault.example.com:8200");
	});

	it("is named by what it came from", () => {
		const addresses = { VAULT_ADDR: "", BAO_ADDR: "localhost:8200" };
		expect(refusalOf(() => openBackend("", addresses)).message).toMatch(/^BAO_ADDR is no /);
		const context = { settings: { address: "localhost:8200" } };
		expect(refusalOf(() => openBackend("", {}, context)).message).toMatch(/^vault\.address is no /);
	});
});

describe("The namespace of Vault", () => {
	it.each(["team\nX-Injected: 1", "té\u{1f4a9}am", "te\u0000am"])("%j is refused", (namespace) => {
		const error = refusalOf(() => openBackend("http://127.0.0.1:1", { VAULT_NAMESPACE: namespace }));
		expect(error).toMatchObject({ code: "DSTA_CONFIG", backend: "vault" });
		expect(error.message).toContain("VAULT_NAMESPACE");
	});

	it("of an entry is refused alike", async () => {
		using backend = openBackend("http://127.0.0.1:1");
		const overrides = { namespace: "té\u{1f4a9}am" };
		const error = await harmlessFailure(backend.read(request("a/b/c", { overrides }), signal));
		expect(error.code).toBe("DSTA_CONFIG");
	});

	it("may come with a line end", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }));
		using backend = openBackend(vault.url, { VAULT_NAMESPACE: "team\n" });
		await backend.read(request("a/b/c"), signal);
		expect(vault.calls[0]?.headers["x-vault-namespace"]).toBe("team");
	});
});

describe("The token of Vault", () => {
	const homeWith = (content: string | undefined) => {
		const home = mkdtempSync(join(tmpdir(), "dsta-run-home-"));
		if (content === undefined) mkdirSync(join(home, ".vault-token"));
		else writeFileSync(join(home, ".vault-token"), content);
		return home;
	};

	it.each<[string, Record<string, string>, string]>([
		["VAULT_TOKEN", { VAULT_TOKEN: SENTINELS.token, BAO_TOKEN: "other" }, "other"],
		["VAULT_TOKEN with a line end", { VAULT_TOKEN: `${SENTINELS.token}\r\n` }, "other"],
		["BAO_TOKEN where VAULT_TOKEN is empty", { VAULT_TOKEN: "", BAO_TOKEN: SENTINELS.token }, "other"],
		["~/.vault-token where both are empty", { VAULT_TOKEN: "", BAO_TOKEN: " " }, SENTINELS.token],
		["~/.vault-token with a line end", { VAULT_TOKEN: "" }, `${SENTINELS.token}\n`],
		["~/.vault-token with a byte order mark", { VAULT_TOKEN: "" }, `\ufeff${SENTINELS.token}\r\n`],
	])("is %s", async (_what, env, file) => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }));
		using backend = openBackend(vault.url, env, { home: homeWith(file) });
		await backend.read(request("a/b/c"), signal);
		expect(vault.calls[0]?.headers["x-vault-token"]).toBe(SENTINELS.token);
	});

	it.each([
		["nowhere", { VAULT_TOKEN: "" }, "/nonexistent", "DSTA_UNAVAILABLE", /no token for/],
		["in an empty file", { VAULT_TOKEN: "" }, homeWith("\n"), "DSTA_UNAVAILABLE", /no token for/],
		["in a file without a home", { VAULT_TOKEN: "" }, undefined, "DSTA_UNAVAILABLE", /no token for/],
		[
			"in what cannot be read",
			{ VAULT_TOKEN: "" },
			homeWith(undefined),
			"DSTA_CONFIG",
			/cannot be read: EISDIR/,
		],
		[
			"of two lines",
			{ VAULT_TOKEN: "sentinel\r\nX-Injected: 1" },
			undefined,
			"DSTA_CONFIG",
			/VAULT_TOKEN holds/,
		],
		[
			"with a control character",
			{ VAULT_TOKEN: "sentinel\u0007" },
			undefined,
			"DSTA_CONFIG",
			/VAULT_TOKEN holds/,
		],
		[
			"beyond ASCII",
			{ BAO_TOKEN: "sentinel-ü", VAULT_TOKEN: "" },
			undefined,
			"DSTA_CONFIG",
			/BAO_TOKEN holds/,
		],
		[
			"beyond ASCII in a file",
			{ VAULT_TOKEN: "" },
			homeWith("sentinel ü"),
			"DSTA_CONFIG",
			/\.vault-token holds/,
		],
	])("%s stops before anything is sent", async (_what, env, home, code, message) => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }));
		using backend = openBackend(vault.url, env, { home });
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe(code);
		expect(error.message).toMatch(message);
		expect(error.cure).toMatch(/VAULT_TOKEN|BAO_TOKEN|\.vault-token/);
		expect(vault.connections.total).toBe(0);
	});
});

import { describe, expect, it } from "vitest";
import { folderWith, launch } from "../../process/launch.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, SENTINELS } from "./backend.ts";
import { certificateFile, secretV2, startFakeVault } from "./fake-vault.ts";

const { signal } = new AbortController();
const MAP = "a/b/c: { env: C, backend: vault }\n";
const PRINT = ["--", process.execPath, "-e", "process.stdout.write(process.env.C)"];

/** What an ENTRYPOINT would set. */
const envFor = (address: string) => ({
	VAULT_ADDR: address,
	VAULT_TOKEN: SENTINELS.token,
	VAULT_NAMESPACE: "",
	NODE_DEBUG: "http,https,tls,net",
	DEBUG: "*",
});

describe("TLS to Vault", () => {
	it.each([
		[
			"of an unknown authority",
			"valid",
			"its certificate is from an unknown authority",
			/NODE_EXTRA_CA_CERTS=/,
		],
		["that signed itself", "self-signed", "its certificate is self-signed", /NODE_EXTRA_CA_CERTS=/],
	])("with a certificate %s makes it unavailable, at once", async (_what, certificate, words, cure) => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }), { certificate });
		using backend = openBackend(vault.url);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toBe(`Vault not available: TLS: ${words} (${vault.url})`);
		expect(error.cure).toMatch(cure);
		expect(vault.connections.total).toBe(1);
		expect(vault.calls).toEqual([]);
	});

	it.each([
		["an authority", "valid", "ca.pem"],
		["a certificate that signed itself", "self-signed", "self-signed.pem"],
	])("trusts %s that NODE_EXTRA_CA_CERTS names", async (_what, certificate, file) => {
		await using vault = await startFakeVault(() => secretV2({ c: SENTINELS.value }), { certificate });
		const env = { ...envFor(vault.url), NODE_EXTRA_CA_CERTS: certificateFile(file) };
		const { status, stderr, stdout } = await launch(folderWith(MAP), PRINT, env).ended;
		expect({ status, stdout }).toEqual({ status: 0, stdout: SENTINELS.value });
		expect(stderr).not.toContain("sentinel");
	});

	it.each([
		["has expired", "expired", "its certificate has expired", /openssl s_client .* -dates/],
		["is for another host", "other-host", "its certificate is for another host name", /-ext subjectAltName/],
	])(
		"with a known authority's certificate that %s ends with status 75",
		async (_what, certificate, words, cure) => {
			await using vault = await startFakeVault(() => secretV2({ c: SENTINELS.value }), { certificate });
			const env = { ...envFor(vault.url), NODE_EXTRA_CA_CERTS: certificateFile("ca.pem") };
			const { status, stderr, stdout } = await launch(folderWith(MAP), PRINT, env).ended;
			expect({ status, stdout }).toEqual({ status: 75, stdout: "" });
			expect(stderr).toContain(`Vault not available: TLS: ${words} (${vault.url})`);
			expect(stderr).toMatch(cure);
			expect(stderr).not.toContain("sentinel");
			expect(vault.connections.total).toBe(1);
		},
	);

	it("checks the certificate, whatever NODE_TLS_REJECT_UNAUTHORIZED tells the command", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: SENTINELS.value }), {
			certificate: "self-signed",
		});
		const env = { ...envFor(vault.url), NODE_TLS_REJECT_UNAUTHORIZED: "0" };
		const { status, stderr, stdout } = await launch(folderWith("a/b/c: C\n"), ["--", "true"], env).ended;
		expect({ status, stdout }).toEqual({ status: 75, stdout: "" });
		expect(stderr).toContain("its certificate is self-signed");
		expect(vault.calls).toEqual([]);
	});

	it("to a port without it says so, and the address that would do", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }));
		using backend = openBackend(vault.url.replace("http:", "https:"));
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toContain("TLS: the server does not speak it on this port (https:");
		expect(error.cure).toContain(vault.url);
		expect(vault.connections.total).toBe(1);
	});

	it.each([
		["Vault's own", "Client sent an HTTP request to an HTTPS server.\n"],
		["nginx's", "<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>"],
	])("missing, in %s words, says so, and the address that would do", async (_what, text) => {
		await using vault = await startFakeVault(() => ({
			raw: `HTTP/1.0 400 Bad Request\r\n\r\n${text}`,
			after: "end",
		}));
		using backend = openBackend(vault.url);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toContain("TLS: the server speaks nothing else on this port (http:");
		expect(error.cure).toBe(`Set VAULT_ADDR to ${vault.url.replace("http:", "https:")}.`);
		expect(vault.calls).toHaveLength(1);
	});

	it("missing, where the server only hangs up, is a broken connection", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }), { certificate: "valid" });
		using backend = openBackend(vault.url.replace("https:", "http:"));
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.cure).toContain(`A server with TLS has the address ${vault.url}.`);
		expect(vault.calls).toEqual([]);
	});

	it("is never left for a redirect to an address without it", async () => {
		await using other = await startFakeVault(() => secretV2({ c: SENTINELS.value }));
		const moved = { status: 307, headers: { Location: `${other.url}/v1/secret/data/a/b` } };
		await using vault = await startFakeVault(() => moved, { certificate: "valid" });
		const env = { ...envFor(vault.url), NODE_EXTRA_CA_CERTS: certificateFile("ca.pem") };
		const { status, stderr } = await launch(folderWith(MAP), PRINT, env).ended;
		expect(status).toBe(75);
		expect(stderr).toContain(`Vault not available: ${vault.url} redirects to ${other.url}`);
		expect(stderr).toContain("The token is never sent to another address, nor in clear.");
		expect(other.connections.total).toBe(0);
	});

	it("shares at most 12 connections", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }), { certificate: "valid" });
		const folder = folderWith(Array.from({ length: 50 }, (_, index) => `s${index}/c: C${index}\n`).join(""));
		const env = { ...envFor(vault.url), NODE_EXTRA_CA_CERTS: certificateFile("ca.pem") };
		const { status } = await launch(folder, ["--", "true"], env).ended;
		expect(status).toBe(0);
		expect(vault.calls).toHaveLength(50);
		expect(vault.connections.peak).toBeLessThanOrEqual(12);
	});
});

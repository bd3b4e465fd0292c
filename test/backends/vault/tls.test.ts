import { spawn } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BUILD, folderWith, follow, LAUNCHER, launch } from "../../process/launch.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, readAll, SENTINELS } from "./backend.ts";
import { certificateFile, secretV2, startFakeVault } from "./fake-vault.ts";

const { signal } = new AbortController();
const MAP = "a/b/c: { env: C, backend: vault }\n";
const PRINT = ["--", process.execPath, "-e", "process.stdout.write(process.env.C)"];

/** Of one attempt with a server of HTTP/1.1: what fetch() knows of HTTP/2 it knows by a handshake for that alone. */
const HANDSHAKES = BUILD === "npm" ? 1 : 2;

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
		["of an unknown authority", "valid", "its certificate is from an unknown authority", /VAULT_CACERT=/],
		["that signed itself", "self-signed", "its certificate is self-signed", /VAULT_CACERT=/],
	])("with a certificate %s makes it unavailable, at once", async (_what, certificate, words, cure) => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }), { certificate });
		using backend = openBackend(vault.url);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toBe(`Vault not available: TLS: ${words} (${vault.url})`);
		expect(error.cure).toMatch(cure);
		expect(vault.connections.total).toBe(HANDSHAKES);
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
			expect(vault.connections.total).toBe(HANDSHAKES);
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
		// fetch() does not say what failed, so that one more handshake finds out.
		expect(vault.connections.total).toBe(BUILD === "npm" ? 1 : HANDSHAKES + 1);
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

const pem = (...names: readonly string[]) =>
	names.map((name) => readFileSync(certificateFile(name), "utf8")).join("");

/** A folder with these files, and what Kubernetes puts beside those it mounts. */
function folderOf(files: Readonly<Record<string, string>>): string {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-certificates-"));
	mkdirSync(join(folder, "..2026"));
	symlinkSync("..2026", join(folder, "..data"));
	for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
	return folder;
}

const fileWith = (text: string) => join(folderOf({ "a.pem": text }), "a.pem");

describe("The authorities of Vault's certificate", () => {
	const CA = certificateFile("ca.pem");
	const both = folderOf({
		"other.pem": pem("other-ca.pem"),
		"ca.crt": pem("ca.pem"),
		README: "no certificate",
	});

	it.each<[what: string, env: Record<string, string>, settings: Record<string, string>]>([
		["a file", { VAULT_CACERT: CA }, {}],
		["a file of several", { VAULT_CACERT: fileWith(`# ours\n${pem("other-ca.pem", "ca.pem")}`) }, {}],
		["a text", { VAULT_CACERT_BYTES: pem("ca.pem") }, {}],
		["a folder", { VAULT_CAPATH: both }, {}],
		["OpenBao's own variables", { BAO_CACERT: CA }, {}],
		["the map", {}, { cacert: CA }],
		["the map, as a folder", {}, { capath: both }],
		["the map, relative to the working directory", {}, { cacert: "ca.pem" }],
		[
			"a file before a folder",
			{ VAULT_CAPATH: "/nonexistent", VAULT_CACERT: CA },
			{ cacert: "/nonexistent" },
		],
		["the environment before the map", { VAULT_CAPATH: both }, { cacert: "/nonexistent" }],
	])("are named by %s", async (_what, env, settings) => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }), { certificate: "valid" });
		using backend = openBackend(vault.url, env, { settings, cwd: join(CA, "..") });
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: "v" });
	});

	it("are found in a folder of more files than may be open at once", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }), { certificate: "valid" });
		const others = Array.from({ length: 400 }, (_, index) => [`${index}.pem`, pem("other-ca.pem")]);
		const VAULT_CAPATH = folderOf(Object.fromEntries(others));
		const last = readdirSync(VAULT_CAPATH).at(-1) as string;
		writeFileSync(join(VAULT_CAPATH, last), pem("ca.pem"));
		const child = spawn("sh", ["-c", 'ulimit -n 60; exec "$@"', "sh", ...LAUNCHER, ...PRINT], {
			cwd: folderWith(MAP),
			env: { PATH: process.env.PATH, ...envFor(vault.url), VAULT_CAPATH },
		});
		expect(await follow(child).ended).toMatchObject({ status: 0, stdout: "v", stderr: "" });
	});

	it("take the place of those that the system knows", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }), { certificate: "valid" });
		const env = {
			...envFor(vault.url),
			NODE_EXTRA_CA_CERTS: CA,
			VAULT_CACERT: certificateFile("other-ca.pem"),
		};
		const { status, stderr } = await launch(folderWith(MAP), PRINT, env).ended;
		expect(status).toBe(75);
		expect(stderr).toContain("its certificate is from an unknown authority");
		expect(vault.calls).toEqual([]);
	});

	it.each<[what: string, env: Record<string, string>, message: string | RegExp]>([
		[
			"are not there",
			{ VAULT_CACERT: "/nonexistent.pem" },
			"VAULT_CACERT names /nonexistent.pem, which does not exist",
		],
		["are a folder", { VAULT_CACERT: "/usr" }, "VAULT_CACERT names /usr, which is a folder"],
		["are a device", { VAULT_CACERT: "/dev/zero" }, "VAULT_CACERT names /dev/zero, which is no regular file"],
		["are below a file", { BAO_CACERT: `${CA}/a` }, `BAO_CACERT names ${CA}/a, which does not exist`],
		[
			"are no PEM",
			{ VAULT_CACERT: fileWith("sentinel") },
			/^VAULT_CACERT names .*, which holds no certificate$/,
		],
		[
			"are a key",
			{ VAULT_CACERT: certificateFile("server.key") },
			/^VAULT_CACERT names .*, which holds no certificate$/,
		],
		["are an empty text", { VAULT_CACERT_BYTES: "\n" }, "VAULT_CACERT_BYTES holds no certificate"],
		[
			"are cut",
			{ VAULT_CACERT: fileWith(pem("ca.pem").replace(/MII.{60}/, "")) },
			/^VAULT_CACERT names .*, which holds a certificate that is damaged$/,
		],
		[
			"are a file in the place of a folder",
			{ VAULT_CAPATH: CA },
			`VAULT_CAPATH names ${CA}, which is no folder`,
		],
		[
			"are in no folder",
			{ VAULT_CAPATH: "/nonexistent" },
			"VAULT_CAPATH names /nonexistent, which does not exist",
		],
		[
			"are in an empty folder",
			{ VAULT_CAPATH: folderOf({ "a.pem": "" }) },
			/^VAULT_CAPATH names .*, which holds no file with a certificate in PEM form$/,
		],
	])("that %s are a mistake, told before anybody is asked", async (_what, env, message) => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }), { certificate: "valid" });
		using backend = openBackend(vault.url, env);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_CONFIG");
		expect(error.message).toMatch(message);
		expect(error.cure).toContain(Object.keys(env)[0]);
		expect(vault.connections.total).toBe(0);
	});

	it("are not looked at for a Vault without TLS", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }));
		const env = { VAULT_CACERT: "/nonexistent.pem", VAULT_CLIENT_CERT: "/nonexistent.pem" };
		using backend = openBackend(vault.url, env);
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: "v" });
	});
});

describe("A client certificate", () => {
	const VERIFIED = { VAULT_CACERT: certificateFile("ca.pem") };
	const CLIENT = {
		VAULT_CLIENT_CERT: certificateFile("client.pem"),
		VAULT_CLIENT_KEY: certificateFile("client.key"),
	};
	const startChoosyVault = () =>
		startFakeVault(() => secretV2({ c: "v" }), { certificate: "valid", wantsCertificate: true });

	it.each<[string, Record<string, string>, Record<string, string>]>([
		["the environment", CLIENT, {}],
		["the map", {}, { client_cert: CLIENT.VAULT_CLIENT_CERT, client_key: CLIENT.VAULT_CLIENT_KEY }],
		[
			"both",
			{ BAO_CLIENT_KEY: CLIENT.VAULT_CLIENT_KEY },
			{ client_cert: CLIENT.VAULT_CLIENT_CERT, client_key: "/x" },
		],
		[
			"one file",
			((file) => ({ VAULT_CLIENT_CERT: file, VAULT_CLIENT_KEY: file }))(
				fileWith(pem("client.key", "client.pem", "ca.pem")),
			),
			{},
		],
	])("named by %s is shown to a server that wants one", async (_what, env, settings) => {
		await using vault = await startChoosyVault();
		using backend = openBackend(vault.url, { ...VERIFIED, ...env }, { settings });
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: "v" });
	});

	it("that is missing makes Vault unavailable, and is named", async () => {
		await using vault = await startChoosyVault();
		using backend = openBackend(vault.url, VERIFIED);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toBe(`Vault not available: TLS: it wants a client certificate (${vault.url})`);
		expect(error.cure).toContain("VAULT_CLIENT_CERT=");
		expect(vault.calls).toEqual([]);
	});

	const encrypted = createPrivateKey(pem("client.key")).export({
		type: "pkcs8",
		format: "pem",
		cipher: "aes-256-cbc",
		passphrase: "sentinel",
	});
	it.each<[what: string, env: Record<string, string>, message: RegExp]>([
		["without its key", { VAULT_CLIENT_KEY: "" }, /^VAULT_CLIENT_CERT is set and VAULT_CLIENT_KEY is not$/],
		[
			"that is not there, for a key",
			{ VAULT_CLIENT_CERT: "" },
			/^VAULT_CLIENT_KEY is set and VAULT_CLIENT_CERT is not$/,
		],
		[
			"with the key of another",
			{ VAULT_CLIENT_KEY: certificateFile("server.key") },
			/^The key that VAULT_CLIENT_KEY names does not belong to the certificate that VAULT_CLIENT_CERT names$/,
		],
		[
			"with a certificate for its key",
			{ VAULT_CLIENT_KEY: CLIENT.VAULT_CLIENT_CERT },
			/^VAULT_CLIENT_KEY names .*, which holds no private key$/,
		],
		[
			"with an encrypted key",
			{ VAULT_CLIENT_KEY: fileWith(String(encrypted)) },
			/^VAULT_CLIENT_KEY names .*, a key that is encrypted with a passphrase$/,
		],
		[
			"with a broken key",
			{ VAULT_CLIENT_KEY: fileWith("-----BEGIN PRIVATE KEY-----\nsentinel\n-----END PRIVATE KEY-----\n") },
			/^VAULT_CLIENT_KEY names .*, which holds no private key$/,
		],
		[
			"with a key that is missing",
			{ VAULT_CLIENT_KEY: "/nonexistent" },
			/^VAULT_CLIENT_KEY names \/nonexistent, which does not exist$/,
		],
		[
			"that is a key",
			{ VAULT_CLIENT_CERT: CLIENT.VAULT_CLIENT_KEY },
			/^VAULT_CLIENT_CERT names .*, which holds no certificate$/,
		],
	])("%s is a mistake, told before anybody is asked", async (_what, env, message) => {
		await using vault = await startChoosyVault();
		using backend = openBackend(vault.url, { ...VERIFIED, ...CLIENT, ...env });
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_CONFIG");
		expect(error.message).toMatch(message);
		expect(vault.connections.total).toBe(0);
	});

	it("that is half there in the map is named by its key", async () => {
		using backend = openBackend("https://127.0.0.1:1", {}, { settings: { client_key: "/x" } });
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.message).toBe("vault.client_key is set and vault.client_cert is not");
	});
});

describe("The name in Vault's certificate", () => {
	const VERIFIED = { VAULT_CACERT: certificateFile("ca.pem") };

	it.each([
		["other-host", "vault.example.com", ""],
		["valid", "localhost", ""],
		["valid", "127.0.0.1", ""],
		["other-host", "", "vault.example.com"],
	])("of %s may be %s%s instead of the address's", async (certificate, variable, inMap) => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }), { certificate });
		const env = { ...VERIFIED, VAULT_TLS_SERVER_NAME: variable };
		const settings = inMap === "" ? {} : { tls_server_name: inMap };
		using backend = openBackend(vault.url, env, { settings });
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: "v" });
	});

	it.each(["vault.example.com", "10.0.0.1"])("that is not %s makes it unavailable", async (name) => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }), { certificate: "valid" });
		using backend = openBackend(vault.url, { ...VERIFIED, VAULT_TLS_SERVER_NAME: name });
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toContain("its certificate is for another host name");
		expect(error.cure).toContain("VAULT_TLS_SERVER_NAME");
	});
});

describe("A certificate that is not to be checked", () => {
	it.each<[string, Record<string, string>, Record<string, boolean>]>([
		["VAULT_SKIP_VERIFY", { VAULT_SKIP_VERIFY: "true" }, {}],
		["BAO_SKIP_VERIFY", { BAO_SKIP_VERIFY: "1", VAULT_CACERT: "/nonexistent" }, {}],
		["vault.skip_verify", {}, { skip_verify: true }],
	])("by %s is not, with one warning", async (origin, env, settings) => {
		for (const certificate of ["self-signed", "expired", "other-host"]) {
			const warnings: string[] = [];
			await using vault = await startFakeVault(() => secretV2({ c: "v" }), { certificate });
			const log = (level: string, text: string) => void (level === "warn" && warnings.push(text));
			using backend = openBackend(vault.url, env, { settings, log });
			await readAll(backend, ["a/b/c", "d/e/c"]);
			await readAll(backend, ["a/b/c"]);
			expect(warnings).toEqual([
				`The certificate of ${vault.url} is not checked (${origin}): whoever answers there gets the token`,
			]);
		}
	});

	it("is that of Vault alone, whatever the command's own is", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: SENTINELS.value }), {
			certificate: "self-signed",
		});
		const args = ["--", "sh", "-c", "printenv C; env | grep -c NODE_TLS"];
		const { stderr, stdout } = await launch(folderWith(MAP), args, {
			...envFor(vault.url),
			VAULT_SKIP_VERIFY: "1",
		}).ended;
		expect(stdout).toBe(`${SENTINELS.value}\n0\n`);
		expect(stderr.match(/is not checked/g)).toHaveLength(1);
		expect(stderr).not.toContain("NODE_TLS");
		expect(stderr).not.toContain("sentinel");
	});

	it.each([
		["0", false],
		["off", false],
		["maybe", true],
	])("is checked with VAULT_SKIP_VERIFY=%s", async (VAULT_SKIP_VERIFY, isMistake) => {
		await using vault = await startFakeVault(() => secretV2({ c: "v" }), { certificate: "self-signed" });
		using backend = openBackend(vault.url, { VAULT_SKIP_VERIFY }, { settings: { skip_verify: true } });
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe(isMistake ? "DSTA_CONFIG" : "DSTA_UNAVAILABLE");
		expect(error.message).toContain(
			isMistake ? "VAULT_SKIP_VERIFY is neither true nor false" : "self-signed",
		);
	});
});

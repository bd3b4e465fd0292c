import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { folderWith, launch } from "../../process/launch.ts";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, readAll, SENTINELS } from "./backend.ts";
import { startConnectProxy } from "./connect-proxy.ts";
import { certificateFile, type FakeVault, secretV2, startFakeVault } from "./fake-vault.ts";

const { signal } = new AbortController();

/** Nobody resolves it but the proxy. */
const NAMED = "https://vault.example.com:8200";
const CA = { VAULT_CACERT: certificateFile("ca.pem") };

/** A Vault that calls itself vault.example.com. */
const startNamedVault = (): Promise<FakeVault> =>
	startFakeVault(() => secretV2({ c: SENTINELS.value }), { certificate: "other-host" });

describe("A proxy before Vault", () => {
	it.each([
		["HTTPS_PROXY", "http://"],
		["https_proxy", "http://"],
		["HTTPS_PROXY", ""],
		["VAULT_PROXY_ADDR", "http://"],
		["VAULT_HTTP_PROXY", "http://"],
		["BAO_PROXY_ADDR", "http://"],
	])("that %s names with %j makes tunnels, and sees no token", async (variable, scheme) => {
		await using vault = await startNamedVault();
		await using proxy = await startConnectProxy(vault.port);
		using backend = openBackend(NAMED, { ...CA, [variable]: `${scheme}${proxy.host}` });
		const found = await readAll(backend, ["a/b/c", "d/e/c", "f/g/c"]);
		expect(found).toMatchObject([SENTINELS, SENTINELS, SENTINELS].map(({ value }) => ({ value })));
		expect(vault.calls[0]?.headers["x-vault-token"]).toBe(SENTINELS.token);
		expect(new Set(proxy.tunnels)).toEqual(new Set(["vault.example.com:8200"]));
		const made = proxy.tunnels.length;
		await readAll(backend, ["a/b/c", "d/e/c", "f/g/c"]);
		expect(proxy.tunnels).toHaveLength(made);
		expect(proxy.seen()).not.toContain("sentinel");
	});

	it("shares at most 12 tunnels among all reads", async () => {
		await using vault = await startNamedVault();
		await using proxy = await startConnectProxy(vault.port);
		using backend = openBackend(NAMED, { ...CA, HTTPS_PROXY: proxy.url });
		await readAll(
			backend,
			Array.from({ length: 40 }, (_, index) => `s${index}/c`),
		);
		expect(vault.calls).toHaveLength(40);
		expect(proxy.tunnels.length).toBeLessThanOrEqual(12);
	});

	it("may want TLS itself, and a name and a password, which go to it alone", async () => {
		await using vault = await startNamedVault();
		await using proxy = await startConnectProxy(vault.port, { certificate: "valid" });
		const url = proxy.url.replace("://", "://us%3Aer:sentinel%20password@");
		using backend = openBackend(NAMED, { ...CA, HTTPS_PROXY: url });
		expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: SENTINELS.value });
		const expected = `Basic ${Buffer.from("us:er:sentinel password").toString("base64")}`;
		expect(proxy.authorizations).toEqual([expected]);
		expect(vault.calls[0]?.headers["proxy-authorization"]).toBeUndefined();
	});

	it.each([
		["of this machine", {}, true],
		["that NO_PROXY lists", { NO_PROXY: "other.example.com, EXAMPLE.com" }, false],
		["that no_proxy lists by its port", { no_proxy: "vault.example.com:8200" }, false],
		["where NO_PROXY is *", { NO_PROXY: "*" }, false],
	])("is not asked for an address %s", async (_what, env, isLocal) => {
		await using vault = await startNamedVault();
		await using proxy = await startConnectProxy(vault.port);
		const context = { VAULT_SKIP_VERIFY: "1", HTTPS_PROXY: proxy.url, ...env };
		using backend = openBackend(isLocal ? vault.url : NAMED, context);
		const reading = backend.read(request("a/b/c"), AbortSignal.timeout(2000));
		if (isLocal) expect(await reading).toMatchObject({ value: SENTINELS.value });
		else expect((await harmlessFailure(reading)).message).not.toContain("proxy");
		expect(proxy.tunnels).toEqual([]);
	});

	it.each([
		["VAULT_PROXY_ADDR", 78],
		["HTTPS_PROXY", 0],
		["HTTP_PROXY", 0],
	])("is never shown a token in clear: %s and http:// end with %s", async (variable, status) => {
		await using vault = await startFakeVault(() => secretV2({ c: SENTINELS.value }));
		await using proxy = await startConnectProxy(vault.port);
		const env = {
			VAULT_ADDR: vault.url,
			VAULT_TOKEN: SENTINELS.token,
			VAULT_NAMESPACE: "",
			[variable]: proxy.url,
		};
		const ended = await launch(folderWith("a/b/c: C\n"), ["--", "true"], env).ended;
		expect(ended.status).toBe(status);
		expect(ended.stderr).toMatch(
			status === 0 ? /^$/ : /VAULT_PROXY_ADDR names a proxy, which would see the token/,
		);
		expect(proxy.seen()).toBe("");
	});

	it("and a client key are shown by no debug switch", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: SENTINELS.value }), {
			certificate: "other-host",
			wantsCertificate: true,
		});
		await using proxy = await startConnectProxy(vault.port);
		const key = certificateFile("client.key");
		const env = {
			...CA,
			VAULT_ADDR: NAMED,
			VAULT_TOKEN: SENTINELS.token,
			VAULT_NAMESPACE: "",
			VAULT_CLIENT_CERT: certificateFile("client.pem"),
			VAULT_CLIENT_KEY: key,
			HTTPS_PROXY: proxy.url.replace("://", "://user:sentinel@"),
			NODE_DEBUG: "*",
			BUN_CONFIG_VERBOSE_FETCH: "curl",
			DEBUG: "*",
		};
		const args = ["--log-level", "trace", "--", "printenv", "C"];
		const { status, stderr, stdout } = await launch(folderWith("a/b/c: C\n"), args, env).ended;
		expect({ status, stdout }).toEqual({ status: 0, stdout: `${SENTINELS.value}\n` });
		expect(proxy.authorizations).toEqual([`Basic ${btoa("user:sentinel")}`]);
		expect(stderr).not.toContain("sentinel");
		expect(stderr).not.toContain(btoa("user:sentinel"));
		expect(stderr).not.toContain(readFileSync(key, "utf8").split("\n")[1]);
	});

	const PAGE = "Content-Type: text/html\r\nContent-Length: 21\r\n\r\n<html>sentinel</html>";
	it.each([
		[
			"that wants a password",
			`HTTP/1.1 407 No\r\n${PAGE}`,
			"the proxy wants a user name and a password (HTTP 407)",
			/HTTPS_PROXY: http:\/\/USER:PASSWORD@/,
		],
		[
			"that forbids it",
			`HTTP/1.1 403 No\r\n${PAGE}`,
			"the proxy does not let it through (HTTP 403)",
			/CONNECT vault\.example\.com:8200/,
		],
		[
			"that does not reach it",
			`HTTP/1.1 502 No\r\n${PAGE}`,
			"the proxy does not let it through (HTTP 502)",
			/NO_PROXY/,
		],
		["that answers with a page alone", "<html>sentinel</html>", "its answer is not HTTP", /NO_PROXY/],
		["that hangs up", "", "Connection reset", /NO_PROXY/],
		["that hangs up in the tunnel", "HTTP/1.1 200 OK\r\n\r\n", "Connection reset", /NO_PROXY/],
		["that puts a page into the tunnel", `HTTP/1.1 200 OK\r\n${PAGE}`, "TLS: ", /NO_PROXY/],
	])("%s makes Vault unavailable, and is named without its password", async (_what, says, words, cure) => {
		await using proxy = await startConnectProxy(1, { says: () => says });
		const HTTPS_PROXY = `http://user:sentinel@${proxy.host}`;
		using backend = openBackend(NAMED, { ...CA, HTTPS_PROXY });
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toContain(`Vault not available: ${words}`);
		expect(error.message).toContain(`(${NAMED} through the proxy ${proxy.host})`);
		expect(error.cure).toMatch(cure);
	});

	it("that is not there makes Vault unavailable", async () => {
		using backend = openBackend(NAMED, { HTTPS_PROXY: "http://127.0.0.1:1" });
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.message).toBe(
			`Vault not available: Connection refused (${NAMED} through the proxy 127.0.0.1:1)`,
		);
		expect(error.cure).toContain("Check the proxy (HTTPS_PROXY names 127.0.0.1:1)");
	});

	it("that is silent costs no more than the time there is, and holds no process", async () => {
		await using proxy = await startConnectProxy(1, { says: () => "silence" });
		const env = { VAULT_ADDR: NAMED, VAULT_TOKEN: SENTINELS.token, HTTPS_PROXY: proxy.url };
		const args = ["--timeout", "500ms", "--", "true"];
		const { status, stderr } = await launch(folderWith("a/b/c: { env: C, backend: vault }\n"), args, env)
			.ended;
		expect(status).toBe(75);
		expect(stderr).toContain(`no answer in time from ${NAMED} through the proxy ${proxy.host}`);
		// Twice, since one attempt may not take all of the time.
		expect(new Set(proxy.tunnels)).toEqual(new Set(["vault.example.com:8200"]));
	});

	it("that is silent is let go when the backend is closed", async () => {
		await using proxy = await startConnectProxy(1, { says: () => "silence" });
		const backend = openBackend(NAMED, { ...CA, HTTPS_PROXY: proxy.url });
		const failing = harmlessFailure(backend.read(request("a/b/c"), signal));
		await proxy.nextTunnel();
		backend.close();
		expect((await failing).code).toBe("DSTA_UNAVAILABLE");
		await proxy.left();
	});

	it("that is silent is let go with each read, so that later ones find their way", async () => {
		let isSilent = true;
		await using vault = await startNamedVault();
		const says = () => (isSilent ? "silence" : undefined);
		await using proxy = await startConnectProxy(vault.port, { says });
		using backend = openBackend(NAMED, { ...CA, HTTPS_PROXY: proxy.url });
		const paths = Array.from({ length: 20 }, (_, index) => `s${index}/c`);
		for (let round = 0; round < 2; round++) {
			const controller = new AbortController();
			const reading = Promise.allSettled(paths.map((path) => backend.read(request(path), controller.signal)));
			await proxy.nextTunnel();
			controller.abort();
			const codes = (await reading).map((one) => one.status === "rejected" && one.reason.code);
			expect(new Set(codes)).toEqual(new Set(["DSTA_TIMEOUT"]));
		}
		isSilent = false;
		expect(await readAll(backend, paths)).toHaveLength(20);
	});

	it.each([
		["HTTPS_PROXY", "http://"],
		["HTTPS_PROXY", "socks5://sentinel@127.0.0.1:1080"],
		["VAULT_PROXY_ADDR", "http://user:sentinel%@127.0.0.1:1"],
		["https_proxy", "http://sentinel:99999"],
	])("%s=%s is a mistake, and not shown", async (variable, value) => {
		using backend = openBackend(NAMED, { [variable]: value });
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_CONFIG");
		expect(error.message).toBe(`${variable} is no http:// or https:// address of a proxy`);
		expect(error.cure).toContain("http://proxy.example.com:3128");
	});
});

import { describe, expect, it } from "vitest";
import { folderWith, launch } from "../../process/launch.ts";
import { SENTINELS } from "./backend.ts";
import { certificateFile, mountAnswer, type Reply, refusal, secretV2, startFakeVault } from "./fake-vault.ts";

const MAP = "a/b/c: C\nd/e/f: F\n";
const HTML = `<html>${SENTINELS.token} ${SENTINELS.value}</html>`;
const BODY = `HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"data":{"data":{"c":"${SENTINELS.value}`;
const RUN = ["--log-level", "trace", "--", process.execPath, "-e", "process.stdout.write('started')"];

const envFor = (address: string) => ({
	VAULT_ADDR: address,
	VAULT_TOKEN: SENTINELS.token,
	VAULT_NAMESPACE: "",
	NODE_DEBUG: "*",
	DEBUG: "*",
});

describe("The executable", () => {
	it.each<[string, Reply, number, RegExp]>([
		["a secret cut short", { raw: BODY, after: "end" }, 75, /its answer was cut short/],
		["a page of a proxy", { body: HTML }, 75, /HTTP 200 with an answer that is not Vault's/],
		["a failure", refusal(500, SENTINELS.value), 75, /HTTP 500/],
		["a sealed server", refusal(503, "Vault is sealed"), 75, /is sealed/],
		[
			"a redirect",
			{ status: 307, headers: { Location: "http://127.0.0.1:1/" } },
			75,
			/redirects to http:\/\/127\.0\.0\.1:1/,
		],
		[
			"a denial",
			refusal(403, SENTINELS.value),
			77,
			/Permission denied: Vault refused to read secret\/data\/a\/b/,
		],
		["a bad request", refusal(400, `bad ${SENTINELS.token}`), 78, /wrong: bad …/],
		["no mount", refusal(404, "no handler for route"), 78, /no secrets engine at secret\//],
		["an odd value", secretV2({ c: { deep: SENTINELS.value }, f: "v" }), 65, /a\/b\/c/],
	])(
		"that meets %s starts nothing, and shows neither token nor value",
		async (_what, reply, status, words) => {
			await using vault = await startFakeVault(({ url }) => (url.includes("/sys/") ? mountAnswer(2) : reply));
			const ended = await launch(folderWith(MAP), RUN, envFor(vault.url)).ended;
			expect({ status: ended.status, stdout: ended.stdout }).toEqual({ status, stdout: "" });
			expect(ended.stderr).toMatch(words);
			expect(ended.stderr).toMatch(/\n {2}fix: /);
			expect(ended.stderr).not.toContain("sentinel");
		},
	);

	it.each<[string, string | undefined]>([
		["http", undefined],
		["https", "valid"],
	])("asks Vault over %s itself, and no proxy that the environment names", async (_protocol, certificate) => {
		await using proxy = await startFakeVault(() => secretV2({ c: "of the proxy", f: "v" }));
		await using vault = await startFakeVault(() => secretV2({ c: "of Vault", f: "v" }), {
			...(certificate === undefined ? {} : { certificate }),
		});
		const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
		const env = {
			...envFor(vault.url),
			...Object.fromEntries(names.map((name) => [name, proxy.url])),
			NODE_EXTRA_CA_CERTS: certificateFile("ca.pem"),
		};
		const ended = await launch(folderWith(MAP), ["--", "printenv", "C", "HTTP_PROXY"], env).ended;
		expect(ended).toMatchObject({ status: 0, stdout: `of Vault\n${proxy.url}\n` });
		expect(proxy.connections.total).toBe(0);
	});

	it("gives the command the debug switches of the runtimes, which print no token and no value here", async () => {
		await using vault = await startFakeVault(() => secretV2({ c: SENTINELS.value, f: "v" }));
		const env = { ...envFor(vault.url), BUN_CONFIG_VERBOSE_FETCH: "curl" };
		const names = ["NODE_DEBUG", "BUN_CONFIG_VERBOSE_FETCH"];
		const ended = await launch(folderWith(MAP), ["--", "printenv", ...names], env).ended;
		expect(ended).toMatchObject({ status: 0, stdout: "*\ncurl\n" });
		expect(ended.stderr).not.toContain("sentinel");
	});

	it("does not wait for a silent Vault longer than its timeout", async () => {
		await using vault = await startFakeVault(() => "silence");
		const ended = await launch(folderWith(MAP), ["--timeout", "300ms", ...RUN], envFor(vault.url)).ended;
		expect({ status: ended.status, stdout: ended.stdout }).toEqual({ status: 75, stdout: "" });
		expect(ended.stderr).toContain(`Vault not available: no answer in time from ${vault.url}`);
		expect(ended.stderr).not.toContain("sentinel");
	});

	it("ends at once on a signal while Vault is silent", async () => {
		await using vault = await startFakeVault(() => "silence");
		const { child, ended } = launch(folderWith(MAP), RUN, envFor(vault.url));
		await vault.nextCall();
		child.kill("SIGTERM");
		expect(await ended).toMatchObject({ signal: "SIGTERM", stdout: "" });
	});
});

import { describe, expect, it } from "vitest";
import { startConnectProxy } from "../vault/connect-proxy.ts";
import { certificateFile } from "../vault/fake-vault.ts";
import { everythingOf, failureOf, KEYS, openBackend, request, valuesOf } from "./backend.ts";
import { answerFrom, startFakeAws } from "./fake-aws.ts";

const { signal } = new AbortController();
const SECRETS = answerFrom({ "dsta/a/b": '{"c":"sentinel-value"}' });
const BUNDLE = { AWS_CA_BUNDLE: certificateFile("ca.pem") };

/** Nobody resolves it but the proxy. */
const NAMED = "https://vault.example.com";

const openWith = (endpoint: string, env: Record<string, string>, cwd = "/") =>
	openBackend(endpoint, { cwd, env: { ...KEYS, AWS_ENDPOINT_URL: endpoint, ...env } });

describe("The way to AWS", () => {
	it.each([
		["a bundle", certificateFile("ca.pem"), "/"],
		["a bundle relative to the working directory", "ca.pem", certificateFile(".")],
	])("trusts the authorities of %s", async (_what, AWS_CA_BUNDLE, cwd) => {
		await using aws = await startFakeAws(SECRETS, { certificate: "valid" });
		using backend = openWith(aws.url, { AWS_CA_BUNDLE }, cwd);
		expect(await valuesOf(backend, "a/b/c")).toEqual(["sentinel-value"]);
	});

	it("names the variable where it does not know the authority", async () => {
		await using aws = await startFakeAws(SECRETS, { certificate: "valid" });
		using backend = openWith(aws.url, { AWS_CA_BUNDLE: certificateFile("other-ca.pem") });
		const error = await failureOf(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toContain("TLS: its certificate is from an unknown authority");
		expect(error.cure).toContain("AWS_CA_BUNDLE=");
		expect(aws.calls).toEqual([]);
	});

	it.each([
		["AWS_CA_BUNDLE", "/nonexistent.pem", "AWS_CA_BUNDLE names /nonexistent.pem, which does not exist"],
		["HTTPS_PROXY", "http://user:sentinel@", "HTTPS_PROXY is no http:// or https:// address of a proxy"],
	])("is a mistake where %s is %s", async (variable, value, message) => {
		using backend = openWith(NAMED, { [variable]: value });
		const error = await failureOf(backend.read(request("a/b/c"), signal));
		expect(error).toMatchObject({ code: "DSTA_CONFIG", backend: "aws", message });
		expect(everythingOf(error)).not.toContain("sentinel");
	});

	it("needs neither without TLS", async () => {
		await using aws = await startFakeAws(SECRETS);
		using backend = openWith(aws.url, {
			AWS_CA_BUNDLE: "/nonexistent.pem",
			HTTPS_PROXY: "http://127.0.0.1:1",
		});
		expect(await valuesOf(backend, "a/b/c")).toEqual(["sentinel-value"]);
	});

	it("leads through a proxy, which sees nothing of it", async () => {
		await using aws = await startFakeAws(SECRETS, { certificate: "other-host" });
		await using proxy = await startConnectProxy(aws.port);
		using backend = openWith(NAMED, { ...BUNDLE, HTTPS_PROXY: proxy.url });
		expect(await valuesOf(backend, "a/b/c")).toEqual(["sentinel-value"]);
		expect(new Set(proxy.tunnels)).toEqual(new Set(["vault.example.com:443"]));
		expect(proxy.seen()).not.toMatch(/sentinel|AKIA/);
	});

	it.each([
		[
			"refuses",
			"HTTP/1.1 403 No\r\n\r\n",
			"DSTA_UNAVAILABLE",
			"the proxy does not let it through (HTTP 403)",
		],
		["is silent", "silence", "DSTA_TIMEOUT", "no answer in time"],
	])("names a proxy that %s", async (_what, says, code, words) => {
		await using proxy = await startConnectProxy(1, { says: () => says });
		using backend = openWith(NAMED, { HTTPS_PROXY: proxy.url.replace("://", "://user:sentinel@") });
		const error = await failureOf(backend.read(request("a/b/c"), AbortSignal.timeout(1000)));
		expect(error.code).toBe(code);
		expect(error.message).toContain(words);
		expect(error.message).toContain(`through the proxy ${proxy.host}`);
		expect(everythingOf(error)).not.toContain("sentinel");
	});
});

import { describe, expect, it } from "vitest";
import { request } from "../aws/backend.ts";
import { harmlessFailure, openBackend, SENTINELS } from "./backend.ts";
import { type Answer, secretV2, startFakeVault } from "./fake-vault.ts";

const { signal } = new AbortController();
const found = secretV2({ c: SENTINELS.value });
const to = (Location: string, status = 307): Answer => ({ status, headers: { Location }, body: "" });
const PATH = "/v1/secret/data/a/b";

describe("A redirect of Vault", () => {
	it.each([301, 302, 303, 307, 308])(
		"with %i to its own address is followed, with the token",
		async (status) => {
			await using vault = await startFakeVault(({ url }) =>
				url === "/moved" ? found : to("/moved", status),
			);
			using backend = openBackend(vault.url);
			expect(await backend.read(request("a/b/c"), signal)).toMatchObject({ value: SENTINELS.value });
			expect(vault.calls.map(({ headers, method, url }) => [method, url, headers["x-vault-token"]])).toEqual([
				["GET", PATH, SENTINELS.token],
				["GET", "/moved", SENTINELS.token],
			]);
		},
	);

	it.each([
		["another port", (url: string) => `${url}${PATH}`],
		["another host name", (url: string) => `${url.replace("127.0.0.1", "localhost")}${PATH}`],
		["another address without a scheme", (url: string) => `${url.replace("http:", "")}${PATH}`],
		["another address with a user", (url: string) => `${url.replace("//", "//user:sentinel@")}${PATH}`],
	])("to %s is not followed: nothing at all is sent there", async (_what, locationOf) => {
		await using other = await startFakeVault(() => found);
		await using vault = await startFakeVault(() => to(locationOf(other.url)));
		using backend = openBackend(vault.url);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		const origin = new URL(locationOf(other.url), vault.url).origin;
		expect(error.message).toBe(`Vault not available: ${vault.url} redirects to ${origin}`);
		expect(error.cure).toContain(`set VAULT_ADDR to it`);
		expect(vault.calls).toHaveLength(1);
		expect(other.calls).toEqual([]);
		expect(other.connections.total).toBe(0);
	});

	it.each([
		["the token", (token: string) => `http://${token}.example/`],
		["the token in capitals", (token: string) => `http://${token.toUpperCase()}.example/`],
		["the token, percent-encoded", (token: string) => `http://${token.replaceAll("s", "%73")}.example/`],
	])("to an address with %s in it shows that of it which is not the token", async (_what, locationOf) => {
		await using vault = await startFakeVault(() => to(locationOf(SENTINELS.token)));
		using backend = openBackend(vault.url);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.message).toBe(`Vault not available: ${vault.url} redirects to http://….example`);
	});

	it("of a write is not followed to another address either", async () => {
		await using other = await startFakeVault(() => found);
		await using vault = await startFakeVault(({ method }) =>
			method === "POST" ? to(`${other.url}${PATH}`) : found,
		);
		using backend = openBackend(vault.url, {}, { settings: { kv: 2 } });
		const fields = new Map([["c", SENTINELS.value]]);
		await harmlessFailure(backend.write("a/b", fields, { replace: false, signal }));
		expect(other.connections.total).toBe(0);
	});

	it.each([
		["to itself", PATH, /it redirects more than once/],
		["from one path to another and back", "/back", /it redirects more than once/],
		["to a third address after one of its own", "/third", /it redirects more than once/],
		["to what is no address", "http://[", /it redirects to no address/],
		["to a login page", "/ui/login", /HTTP 200 with an answer that is not Vault's/],
		["to another scheme", "ftp://127.0.0.1/x", /it redirects to no address/],
		["to a scheme without hosts", "javascript:sentinel", /it redirects to no address/],
	])("%s makes it unavailable", async (_what, location, message) => {
		await using vault = await startFakeVault(({ url }) => {
			if (url === "/ui/login") return { body: "<html>sentinel</html>" };
			if (url === "/back") return to(PATH);
			return url === "/third" ? to("http://127.0.0.1:1/") : to(location);
		});
		using backend = openBackend(vault.url);
		const error = await harmlessFailure(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toMatch(message);
		expect(vault.calls.length).toBeLessThanOrEqual(2);
	});
});

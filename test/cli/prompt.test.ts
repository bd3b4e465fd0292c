import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeAll, describe, expect, it } from "vitest";
import { folderWith } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";
import { launchOnTerminal } from "./terminal.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const VAULT = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };
const SENTINEL = "sentinel-typed-5150";
const FOLDER = folderWith("{}\n");

async function stored(secret: string): Promise<unknown> {
	const { data } = await askVault(ADDRESS, "GET", `secret/data/${secret}`);
	return (data as { data: unknown }).data;
}

describe.skipIf(ADDRESS === "")("the hidden prompt of put, on a terminal", () => {
	beforeAll(async () => {
		await askVault(ADDRESS, "POST", "secret/data/prompted/first", { data: { other: "kept" } });
	});

	it.each([
		["quietly", {}],
		["under NODE_DEBUG", { NODE_DEBUG: "*" }],
	])("asks for the value by the name of its field and never shows it, %s", async (_, env) => {
		const terminal = launchOnTerminal(FOLDER, ["put", "prompted/first/api_key"], { ...VAULT, ...env });
		await terminal.shows("api_key: ");
		terminal.type(`${SENTINEL}\r`);
		const { screen, status } = await terminal.ended;
		expect(status).toBe(0);
		expect(screen).toContain("updated secret/data/prompted/first at vault");
		expect(screen).not.toContain(SENTINEL);
		expect(await stored("prompted/first")).toEqual({ other: "kept", api_key: SENTINEL });
	});

	it("asks for one field after the other", async () => {
		const terminal = launchOnTerminal(FOLDER, ["put", "prompted/pair", "user", "password"], VAULT);
		await terminal.shows("user: ");
		terminal.type("me\r");
		await terminal.shows("password: ");
		terminal.type(`${SENTINEL}\r`);
		expect((await terminal.ended).status).toBe(0);
		expect(await stored("prompted/pair")).toEqual({ user: "me", password: SENTINEL });
	});

	it.each([
		["Ctrl-C", "\x03"],
		["Ctrl-D", "\x04"],
		["Enter alone", "\r"],
	])("writes nothing after %s", async (_, keys) => {
		const terminal = launchOnTerminal(FOLDER, ["put", "prompted/never/key"], VAULT);
		await terminal.shows("key: ");
		terminal.type(keys);
		const { screen, status } = await terminal.ended;
		expect(status).toBe(64);
		expect(screen).toContain("No value was given");
		await expect(stored("prompted/never")).rejects.toThrow("404");
	});
});

describe("the line that shows what a slow start waits for", () => {
	it.each([
		["quietly", {}],
		["under NODE_DEBUG", { NODE_DEBUG: "http" }],
	])("comes on a terminal after a second and goes before the command speaks, %s", async (_, env) => {
		let answer = () => {};
		const server = createServer((_request, response) => {
			answer = () => response.writeHead(404).end('{"errors":[]}');
		}).listen(0, "127.0.0.1");
		await new Promise((resolve) => server.once("listening", resolve));
		const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		const folder = folderWith("slow/secret/key: { env: SLOW_KEY, default: d, vault: { kv: 2 } }\n");
		const terminal = launchOnTerminal(folder, ["--", "echo", "started"], {
			VAULT_ADDR: address,
			VAULT_TOKEN: "t",
			...env,
		});
		await terminal.shows("waiting for the secrets");
		answer();
		const { screen, status } = await terminal.ended;
		server.close();
		expect(status).toBe(0);
		expect(screen).toMatch(/\r\x1b\[Kstarted/);
	});
});

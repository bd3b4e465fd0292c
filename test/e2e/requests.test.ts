import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeAll, describe, expect, it } from "vitest";
import { folderWith, launch } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";

/** Stands in front of Vault and notes what is asked. */
async function countingProxy(): Promise<{ address: string; asked: string[]; close(): void }> {
	const asked: string[] = [];
	const server = createServer((incoming, outgoing) => {
		asked.push(`${incoming.method} ${incoming.url}`);
		const { headers, method, url } = incoming;
		incoming.pipe(
			request(`${ADDRESS}${url}`, { method, headers }, (answer) => {
				outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
				answer.pipe(outgoing);
			}),
		);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return { address: `http://127.0.0.1:${port}`, asked, close: () => server.close() };
}

describe.skipIf(ADDRESS === "")("requests to Vault", () => {
	const secrets = Array.from({ length: 20 }, (_, index) => `counted/s${index}`);
	const keys = ["a", "b", "c", "d", "e"];

	beforeAll(async () => {
		for (const secret of secrets)
			await askVault(ADDRESS, "POST", `secret/data/${secret}`, {
				data: Object.fromEntries(keys.map((key) => [key, "x"])),
			});
	});

	it("are one for each distinct secret: 20 for 100 variables in 20 secrets", async () => {
		const proxy = await countingProxy();
		const lines = secrets.flatMap((secret, s) => keys.map((key) => `${secret}/${key}: V${s}_${key}\n`));
		const env = { VAULT_ADDR: proxy.address, VAULT_TOKEN: ROOT_TOKEN };
		const { status, stdout } = await launch(folderWith(lines.join("")), ["--", "env"], env).ended;
		proxy.close();
		expect(status).toBe(0);
		expect(stdout.match(/^V\d+_[a-e]=x$/gm)).toHaveLength(100);
		expect(proxy.asked.sort()).toEqual(secrets.map((secret) => `GET /v1/secret/data/${secret}`).sort());
	});

	it("are none when no entry needs Vault", async () => {
		const proxy = await countingProxy();
		const env = { VAULT_ADDR: proxy.address, VAULT_TOKEN: ROOT_TOKEN, HERE: "x" };
		const { status } = await launch(folderWith("a/b/c: { env: HERE, backend: env }\n"), ["--", "true"], env)
			.ended;
		proxy.close();
		expect({ status, asked: proxy.asked }).toEqual({ status: 0, asked: [] });
	});
});

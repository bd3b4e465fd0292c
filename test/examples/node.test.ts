import { createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import { startHttp } from "../servers/http.ts";
import { freePort } from "../servers/start.ts";
import { openExample } from "./open-example.ts";
import { CAN_START, storeSecrets } from "./secrets.ts";

const KEY = "sentinel-of-a-key";
const SECRET = "sentinel-of-a-secret";
const hmac = (secret: string, text: string) => createHmac("sha256", secret).update(text).digest("hex");

describe.skipIf(!CAN_START)("the examples for Node", () => {
	let env: Readonly<Record<string, string>>;
	beforeAll(async () => {
		env = await storeSecrets("examples-node", {
			"exchange/binance": { api_key: KEY, api_secret: SECRET, testnet: "true" },
			app: { secret_key: SECRET },
		});
	});

	/** Starts a service, asks it for some pages, and stops it. */
	async function ask(name: string, pages: readonly string[]): Promise<readonly string[]> {
		using example = openExample(name);
		const PORT = String(await freePort());
		const { child, ended, said } = example.start("node_modules/.bin/dsta-run", { ...env, PORT });
		await Promise.race([said(`listening on port ${PORT}\n`), ended]);
		const answers: string[] = [];
		for (const page of ["/healthz", ...pages])
			answers.push(await (await fetch(`http://127.0.0.1:${PORT}${page}`)).text());
		child.kill("SIGTERM");
		expect(await ended).toMatchObject({ status: 0, stdout: `listening on port ${PORT}\nclosed\n` });
		return answers;
	}

	it("express: lets in who signs with the secret of its environment, and closes at TERM", async () => {
		const signature = hmac(SECRET, "today");
		const pages = [`/reports/today?signature=${signature}`, `/reports/other?signature=${signature}`];
		expect(await ask("express", pages)).toEqual(["ok\n", '{"report":"today"}', "Forbidden"]);
	});

	it("fastify: asks the library for what may be rotated, and closes at TERM", async () => {
		const fingerprint = hmac(SECRET, KEY).slice(0, 16);
		expect(await ask("fastify", ["/exchanges/binance"])).toEqual([
			"ok\n",
			JSON.stringify({ testnet: true, fingerprint }),
		]);
	});

	it.each([
		["asks Vault itself", "node balance.ts"],
		["takes what dsta-run gives it", "node_modules/.bin/dsta-run"],
	])("exchange-client: %s, and signs as Binance wants it", async (_, command) => {
		await using binance = await startBinance();
		using example = openExample("exchange-client");
		const { ended } = example.start(command, { ...env, BINANCE_URL: binance.url });
		expect(await ended).toMatchObject({ status: 0, stdout: "BTC 0.5\nUSDT 100\n" });
	});
});

/** The part of Binance's API that tells an account, to whom signs with its secret. */
function startBinance() {
	const balances = [
		{ asset: "BTC", free: "0.5" },
		{ asset: "USDT", free: "100" },
	];
	return startHttp((request, response) => {
		response.writeHead(isSigned(request) ? 200 : 401, { "Content-Type": "application/json" });
		response.end(JSON.stringify({ balances }));
	});
}

function isSigned({ headers, url = "" }: IncomingMessage): boolean {
	const [, signed = "", signature] = /^\/api\/v3\/account\?(.*)&signature=(.*)$/.exec(url) ?? [];
	const ageMs = Date.now() - Number(new URLSearchParams(signed).get("timestamp"));
	return headers["x-mbx-apikey"] === KEY && ageMs < 5000 && signature === hmac(SECRET, signed);
}

import { getExchangeCredentials } from "../../src/index.ts";

/** What an application would write: the guide's client of an exchange. */
export async function getBinanceClient(): Promise<{ readonly key: string; readonly secret: string }> {
	const { api_key, api_secret } = await getExchangeCredentials("binance");
	return { key: api_key, secret: api_secret };
}

import { createHmac } from "node:crypto";
import { getExchangeCredentials } from "dsta-run";

export interface Balance {
	readonly asset: string;
	readonly free: string;
}

export interface BinanceClient {
	/** What the account holds. */
	balances(): Promise<readonly Balance[]>;
}

/** A client with the keys that lie at exchange/binance. */
export async function getBinanceClient(): Promise<BinanceClient> {
	const { api_key, api_secret, testnet } = await getExchangeCredentials("binance");
	const host = testnet === "true" ? "https://testnet.binance.vision" : "https://api.binance.com";
	const address = process.env.BINANCE_URL ?? host;

	async function ask(path: string): Promise<unknown> {
		const query = new URLSearchParams({ recvWindow: "5000", timestamp: String(Date.now()) }).toString();
		const signature = createHmac("sha256", api_secret).update(query).digest("hex");
		const response = await fetch(`${address}${path}?${query}&signature=${signature}`, {
			headers: { "X-MBX-APIKEY": api_key },
		});
		if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
		return response.json();
	}

	return {
		async balances() {
			const { balances } = (await ask("/api/v3/account")) as { balances: readonly Balance[] };
			return balances;
		},
	};
}

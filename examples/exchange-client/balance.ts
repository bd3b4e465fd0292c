import { closeSecrets } from "dsta-run";
import { getBinanceClient } from "./binance.ts";

const client = await getBinanceClient();
for (const { asset, free } of await client.balances()) console.log(`${asset} ${free}`);
await closeSecrets();

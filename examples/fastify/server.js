import { createHmac } from "node:crypto";
import { closeSecrets, getExchangeCredentials } from "dsta-run";
import Fastify from "fastify";

const { PORT = 8080, SECRET_KEY } = process.env;

const app = Fastify();
app.get("/healthz", async () => "ok\n");
// Says which key is in use, and not the key.
app.get("/exchanges/binance", async () => {
	const { api_key, testnet = "false" } = await getExchangeCredentials("binance");
	const digest = createHmac("sha256", SECRET_KEY).update(api_key).digest("hex");
	return { testnet: testnet === "true", fingerprint: digest.slice(0, 16) };
});
app.addHook("onClose", closeSecrets);

await app.listen({ port: PORT, host: "0.0.0.0" });
console.log(`listening on port ${PORT}`);
process.once("SIGTERM", async () => {
	await app.close();
	console.log("closed");
});

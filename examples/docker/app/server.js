// A sample service: it says which secrets it has, never their values, and ends when it is told to.
import { createServer } from "node:http";

const { PORT = 8080 } = process.env;
const wanted = ["BINANCE_API_KEY", "BINANCE_API_SECRET", "POSTGRES_HOST", "POSTGRES_PASSWORD"];
const server = createServer((request, response) => {
	response.writeHead(request.url === "/healthz" ? 200 : 404).end("ok\n");
});
server.listen(PORT, () => {
	console.log(`ready, with ${wanted.filter((name) => process.env[name]).join(" ")}`);
});
process.once("SIGTERM", () => {
	console.log("closing");
	server.close();
	server.closeIdleConnections();
});

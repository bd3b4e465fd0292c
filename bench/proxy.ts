/*
 * Stands in front of a server, counts what comes in and makes the way longer: `node bench/proxy.ts TARGET [tls]`, started by
 * front.ts as a process of its own. Without TLS it passes bytes on, which costs the launcher as little as can be; with it, it speaks
 * HTTP/2 and HTTP/1.1.
 */
import { readFileSync } from "node:fs";
import { Agent, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { certificateFile } from "../test/backends/vault/fake-vault.ts";
import type { Counts, Wish } from "./front.ts";

const [, , target = "", protocol = "plain"] = process.argv;
const isTls = protocol === "tls";
const agent = new Agent({ keepAlive: true });

let latencyMs = 0;
let counts: Counts = { requests: 0, connections: 0 };

const server = isTls
	? createSecureServer({ cert: pemOf("valid.pem"), key: pemOf("server.key"), allowHTTP1: true }, pass)
	: createServer({ noDelay: true }, relay);
server.on(isTls ? "secureConnection" : "connection", () => count("connections"));
server.listen(0, "127.0.0.1", () => {
	const { port } = server.address() as AddressInfo;
	process.send?.(`${isTls ? "https" : "http"}://127.0.0.1:${port}`);
});

process.on("message", (wish: Wish) => {
	if (wish !== "count") {
		latencyMs = wish.latencyMs;
		return;
	}
	process.send?.(counts);
	counts = { requests: 0, connections: 0 };
});
process.on("disconnect", () => process.exit());

function count(what: keyof Counts): void {
	counts = { ...counts, [what]: counts[what] + 1 };
}

// A timer of no time takes a millisecond.
function onTheWay(arrive: () => void): void {
	if (latencyMs === 0) arrive();
	else setTimeout(arrive, latencyMs);
}

// Nobody asks a second question over a connection before the first is answered.
function relay(client: Socket): void {
	const { hostname, port } = new URL(target);
	const upstream = connect({ host: hostname, port: Number(port), noDelay: true });
	let isAsking = false;
	client.on("data", (bytes) => {
		if (!isAsking) count("requests");
		isAsking = true;
		upstream.write(bytes);
	});
	upstream.on("data", (bytes) => {
		onTheWay(() => {
			isAsking = false;
			client.write(bytes);
		});
	});
	for (const [socket, other] of [
		[client, upstream],
		[upstream, client],
	] as const) {
		socket.on("error", () => other.destroy());
		socket.on("close", () => onTheWay(() => other.end()));
	}
}

function pass(
	incoming: IncomingMessage | Http2ServerRequest,
	reply: ServerResponse | Http2ServerResponse,
): void {
	// What is used of the two is the same.
	const outgoing = reply as ServerResponse;
	count("requests");
	const { method, url } = incoming;
	const headers = Object.fromEntries(
		Object.entries(incoming.headers).filter(([name]) => !name.startsWith(":")),
	);
	const forwarded = request(`${target}${url}`, { method, headers, agent }, (answer) => {
		// What the server says of its connection to us is no matter of whoever asks.
		const { connection: _, "keep-alive": __, "transfer-encoding": ___, ...passedOn } = answer.headers;
		onTheWay(() => {
			outgoing.writeHead(answer.statusCode ?? 500, passedOn);
			answer.pipe(outgoing);
		});
	});
	forwarded.once("error", () => outgoing.destroy());
	incoming.pipe(forwarded);
}

function pemOf(name: string): Buffer {
	return readFileSync(certificateFile(name));
}

import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import {
	type HttpRequest,
	type HttpResponse,
	MAX_ANSWER_BYTES,
	type Transport,
	TransportError,
} from "./transport.ts";

/** More connections than this cost a TLS server more in handshakes than they gain; plain ones are cheap. */
const MAX_SOCKETS = { "http:": 32, "https:": 12 };

/** The transport for Node: kept-alive connections of node:http or node:https, whichever the address needs. */
export async function createNodeTransport(protocol: "http:" | "https:"): Promise<Transport> {
	const http = protocol === "https:" ? await import("node:https") : await import("node:http");
	const agent: Agent = new http.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS[protocol] });
	return {
		send: (request) =>
			new Promise((resolve, reject) => {
				const { method, signal, url } = request;
				const outgoing = http.request(url, { method, agent, signal });
				outgoing.once("error", (error) => reject(signal.aborted ? signal.reason : toTransportError(error)));
				outgoing.once("response", (incoming) =>
					receive(incoming).then(resolve, (error) => {
						outgoing.destroy();
						reject(signal.aborted ? signal.reason : error);
					}),
				);
				finish(outgoing, request);
			}),
		close: () => agent.destroy(),
	};
}

function finish(outgoing: ClientRequest, { headers, body }: HttpRequest): void {
	// Not as an option of http.request: NODE_DEBUG=http prints the options, and with them the token.
	for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
	if (body !== undefined) outgoing.setHeader("Content-Length", Buffer.byteLength(body));
	outgoing.end(body);
}

async function receive(incoming: IncomingMessage): Promise<HttpResponse> {
	const chunks: Buffer[] = [];
	let size = 0;
	try {
		for await (const chunk of incoming as AsyncIterable<Buffer>) {
			size += chunk.length;
			if (size > MAX_ANSWER_BYTES) throw new TransportError("ANSWER_TOO_LARGE");
			chunks.push(chunk);
		}
	} catch (error) {
		throw toTransportError(error);
	}
	if (!incoming.complete) throw new TransportError("ANSWER_CUT_SHORT");
	return {
		status: incoming.statusCode as number,
		headers: joinHeaders(incoming.headers),
		text: Buffer.concat(chunks).toString("utf8"),
	};
}

function joinHeaders(headers: IncomingMessage["headers"]): HttpResponse["headers"] {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
	);
}

function toTransportError(error: unknown): TransportError {
	if (error instanceof TransportError) return error;
	// Node joins the failures of several addresses of one host.
	const single = error instanceof AggregateError ? error.errors[0] : error;
	const code = (single as NodeJS.ErrnoException).code ?? (error as NodeJS.ErrnoException).code;
	return new TransportError(typeof code === "string" ? code : "CONNECTION_FAILED");
}

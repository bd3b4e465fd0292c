import { isUtf8 } from "node:buffer";
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
	const send = (request: HttpRequest): Promise<HttpResponse> =>
		new Promise((resolve, reject) => {
			const { method, signal, url } = request;
			const outgoing = http.request(url, { method, agent, signal });
			const fail = (error: unknown) => reject(signal.aborted ? signal.reason : toTransportError(error));
			outgoing.on("error", (error) => {
				if (isStale(outgoing, error) && !signal.aborted) resolve(send(request));
				else fail(error);
			});
			// Without this, such an answer would be none until the time is over.
			outgoing.once("upgrade", (_incoming, socket) => {
				socket.destroy();
				fail(new TransportError("OTHER_PROTOCOL"));
			});
			outgoing.once("response", (incoming) =>
				receive(incoming).then(resolve, (error) => {
					outgoing.destroy();
					fail(error);
				}),
			);
			finish(outgoing, request);
		});
	return { send, close: () => agent.destroy() };
}

// The server closed a kept-alive connection just when it was used again, which every HTTP client must expect. Each one that
// is met this way is gone from the pool, so there is an end to them.
function isStale({ method, reusedSocket }: ClientRequest, error: NodeJS.ErrnoException): boolean {
	return reusedSocket && method !== "POST" && (error.code === "ECONNRESET" || error.code === "EPIPE");
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
		const isCut = (error as NodeJS.ErrnoException).code === "ECONNRESET";
		throw isCut ? new TransportError("ANSWER_CUT_SHORT") : error;
	}
	if (!incoming.complete) throw new TransportError("ANSWER_CUT_SHORT");
	const body = Buffer.concat(chunks);
	return {
		status: incoming.statusCode as number,
		headers: joinHeaders(incoming.headers),
		text: isUtf8(body) ? body.toString("utf8") : "",
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

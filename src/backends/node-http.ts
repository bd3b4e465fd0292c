import { isUtf8 } from "node:buffer";
import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import {
	type HttpRequest,
	type HttpResponse,
	MAX_ANSWER_BYTES,
	type Protocol,
	type Transport,
	TransportError,
	type TransportOptions,
} from "./transport.ts";

/** The transport for Node: kept-alive connections of node:http or node:https, of which only what is needed is loaded. */
export function createNodeTransport({ maxSockets, onSent }: TransportOptions): Transport {
	const clients = new Map<Protocol, Promise<Client>>();

	async function open(protocol: Protocol): Promise<Client> {
		const { Agent, request } = protocol === "https:" ? await import("node:https") : await import("node:http");
		// Certificates are checked, whatever NODE_TLS_REJECT_UNAUTHORIZED tells the command.
		const options = { keepAlive: true, maxSockets: maxSockets[protocol], rejectUnauthorized: true };
		return { agent: new Agent(options), request, onSent };
	}

	return {
		async send(request) {
			const protocol = request.url.protocol as Protocol;
			const client = clients.get(protocol) ?? open(protocol);
			clients.set(protocol, client);
			return sendOver(await client, request);
		},
		close() {
			for (const client of clients.values()) client.then(({ agent }) => agent.destroy());
		},
	};
}

interface Client {
	readonly agent: Agent;
	readonly request: typeof import("node:http").request;
	readonly onSent: (() => void) | undefined;
}

function sendOver(client: Client, request: HttpRequest): Promise<HttpResponse> {
	return new Promise((resolve, reject) => {
		const { method, signal, url } = request;
		const outgoing = client.request(url, { method, agent: client.agent, ...(signal && { signal }) });
		const fail = (error: unknown) => reject(signal?.aborted ? signal.reason : toTransportError(error));
		outgoing.on("error", (error) => {
			if (isStale(outgoing, error) && !signal?.aborted) resolve(sendOver(client, request));
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
		if (client.onSent !== undefined) outgoing.once("finish", client.onSent);
		finish(outgoing, request);
	});
}

// The server closed a kept-alive connection just when it was used again, which every HTTP client must expect. Each one that
// is met this way is gone from the pool, so there is an end to them.
function isStale({ method, reusedSocket }: ClientRequest, error: NodeJS.ErrnoException): boolean {
	return reusedSocket && method !== "POST" && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

function finish(outgoing: ClientRequest, { headers, body }: HttpRequest): void {
	// Not as an option of http.request: NODE_DEBUG=http prints the options, and with them the token.
	for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
	if (body !== undefined && !outgoing.hasHeader("Content-Length"))
		outgoing.setHeader("Content-Length", Buffer.byteLength(body));
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

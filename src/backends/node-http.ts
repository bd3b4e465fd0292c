import type { Agent, AgentOptions, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { urlToHttpOptions } from "node:url";
import type { Limit } from "./limit.ts";
import { readBody, toResponse, toTransportError } from "./node-answer.ts";
import type { Http2Connection } from "./node-http2.ts";
import { onAbort } from "./on-abort.ts";
import {
	type HttpRequest,
	type HttpResponse,
	mayBeHttp2,
	type Protocol,
	type Transport,
	TransportError,
	type TransportOptions,
} from "./transport.ts";

/**
 * The transport for Node: a connection of HTTP/2, or kept-alive ones of node:http or node:https, of which only what is needed is
 * loaded.
 */
export function createNodeTransport(options: TransportOptions): Transport {
	const clients = new Map<string, Promise<Client>>();
	const connections = new Map<string, Promise<Http2Connection>>();
	const closing = new AbortController();

	async function sendByHttp2(request: HttpRequest): Promise<HttpResponse | undefined> {
		const { origin } = request.url;
		const connection = connections.get(origin) ?? openHttp2(request.url, options);
		connections.set(origin, connection);
		return (await connection).send(request);
	}

	return {
		async send(request) {
			const { url } = request;
			const answer = mayBeHttp2(url, options) ? await sendByHttp2(request) : undefined;
			if (answer !== undefined) return answer;
			const client = clients.get(url.origin) ?? open(url, options, closing.signal);
			clients.set(url.origin, client);
			const { limit, ...opened } = await client;
			const send = () => sendOver(opened, request);
			return limit === undefined ? send() : limit(request.signal ?? NEVER, send);
		},
		close() {
			closing.abort();
			for (const client of clients.values()) client.then(({ agents }) => agents.destroy());
			for (const connection of connections.values()) connection.then((open) => open.close());
		},
	};
}

async function openHttp2(url: URL, options: TransportOptions): Promise<Http2Connection> {
	const { createHttp2Connection } = await import("./node-http2.ts");
	return createHttp2Connection(url, options);
}

/** What an agent is told of a request. */
export interface AgentRequest extends RequestOptions {
	/** The request's signal, which an agent is not told of by Node. */
	readonly givenUp?: AbortSignal | undefined;
}

interface Client {
	/** What goes for each request. */
	readonly target: Pick<RequestOptions, "hostname" | "port" | "protocol">;
	readonly agents: Agents;
	readonly request: typeof import("node:http").request;
	readonly onSent: (() => void) | undefined;
	/** Is aborted when the transport is closed. */
	readonly closing: AbortSignal;
	readonly limit?: Limit;
}

const NEVER = new AbortController().signal;

/** Whatever an agent is made with goes for each of its connections. */
interface PoolOptions extends AgentOptions {
	readonly maxSockets: number;
	readonly rejectUnauthorized: boolean;
	readonly socketPath?: string;
}

async function open(url: URL, options: TransportOptions, closing: AbortSignal): Promise<Client> {
	const { maxSockets, onSent, proxyFor, socketPath, tls } = options;
	const isTls = url.protocol === "https:";
	const { Agent, request } = isTls ? await import("node:https") : await import("node:http");
	// Certificates are checked, whatever NODE_TLS_REJECT_UNAUTHORIZED tells the command.
	const pool: PoolOptions = {
		keepAlive: true,
		maxSockets: maxSockets[url.protocol as Protocol],
		rejectUnauthorized: true,
		...(socketPath !== undefined && { socketPath }),
	};
	const proxy = isTls ? proxyFor?.(url) : undefined;
	// An URL in its place is taken apart for each request.
	const { hostname, port, protocol } = urlToHttpOptions(url);
	const common = { target: { hostname, port, protocol }, request, onSent, closing };
	if (isTls && (tls ?? proxy) !== undefined) {
		const { createTlsAgent } = await import("./node-tls-agent.ts");
		const agents = createAgents(pool, (settings) => createTlsAgent(settings, { tls, proxy }));
		if (proxy === undefined) return { ...common, agents };
		// Node counts a connection only when it is there, and a tunnel takes its time.
		const { createLimit } = await import("./limit.ts");
		return { ...common, agents, limit: createLimit(pool.maxSockets) };
	}
	return { ...common, agents: createAgents(pool, (settings) => new Agent(settings)) };
}

interface Agents {
	/** The one for a request that may be sent again, or the one for another, over a connection that was not used before. */
	of(isRepeatable: boolean): Agent;
	destroy(): void;
}

// A server may close a kept connection just when a request comes, which nobody can tell from one that has begun with it.
function createAgents(pool: PoolOptions, create: (settings: PoolOptions) => Agent): Agents {
	const kept = create(pool);
	let fresh: Agent | undefined;
	const isUsed = () => [kept.sockets, kept.freeSockets].some((sockets) => Object.keys(sockets).length > 0);
	return {
		of(isRepeatable) {
			if (isRepeatable || !isUsed()) return kept;
			fresh ??= create({ ...pool, keepAlive: false });
			return fresh;
		},
		destroy() {
			kept.destroy();
			fresh?.destroy();
		},
	};
}

async function sendOver(client: Client, request: HttpRequest): Promise<HttpResponse> {
	const { agents, closing, onSent, target } = client;
	const { isRepeatable = true, method, signal, url } = request;
	signal?.throwIfAborted();
	if (closing.aborted) throw new TransportError("CLOSED");
	const path = `${url.pathname}${url.search}`;
	const options: AgentRequest = { ...target, agent: agents.of(isRepeatable), method, path, givenUp: signal };
	const outgoing = client.request(options);
	const ends: (() => void)[] = [];
	try {
		return await new Promise((resolve, reject) => {
			ends.push(onAbort(closing, () => reject(new TransportError("CLOSED"))));
			// Node's own option for it costs several times as much, and lets a request wait on that has no connection yet.
			if (signal !== undefined) ends.push(onAbort(signal, () => reject(signal.reason)));
			outgoing.on("error", reject);
			outgoing.once("response", (incoming) => {
				receive(incoming).then(resolve, reject);
			});
			// Without this, such an answer would be none until the time is over.
			outgoing.once("upgrade", (_incoming, socket) => {
				socket.destroy();
				reject(new TransportError("OTHER_PROTOCOL"));
			});
			if (onSent !== undefined) outgoing.once("finish", onSent);
			finish(outgoing, request);
		});
	} catch (error) {
		outgoing.destroy();
		if (signal?.aborted) throw signal.reason;
		if (isStale(outgoing, error) && isRepeatable) return sendOver(client, request);
		throw toTransportError(error);
	} finally {
		for (const end of ends) end();
	}
}

// The server closed a kept-alive connection just when it was used again, which every HTTP client must expect. Each one that
// is met this way is gone from the pool, so there is an end to them.
function isStale({ method, reusedSocket }: ClientRequest, error: unknown): boolean {
	const { code } = error as NodeJS.ErrnoException;
	return reusedSocket && method !== "POST" && (code === "ECONNRESET" || code === "EPIPE");
}

function finish(outgoing: ClientRequest, { headers, body }: HttpRequest): void {
	// Not as an option of http.request: NODE_DEBUG=http prints the options, and with them the token.
	for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
	if (body !== undefined && !outgoing.hasHeader("Content-Length"))
		outgoing.setHeader("Content-Length", Buffer.byteLength(body));
	outgoing.end(body);
}

async function receive(incoming: IncomingMessage): Promise<HttpResponse> {
	const body = await readBody(incoming);
	if (!incoming.complete) throw new TransportError("ANSWER_CUT_SHORT");
	return toResponse(incoming.statusCode as number, incoming.headers, body);
}

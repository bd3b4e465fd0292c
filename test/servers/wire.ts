import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A server at the wire: it goes away with the block that it was made for. */
export interface Wire extends AsyncDisposable {
	readonly address: string;
	/** What came in: the method and the URL, and of AWS the action. */
	readonly asked: readonly string[];
	/** Resolves when the next request has come in. */
	nextRequest(): Promise<void>;
	/** Resolves when no connection is open any more; it closes none by itself. */
	untilDisconnected(): Promise<void>;
}

/** Stands in front of a server and notes what it is asked; `first` acts before the first request of that name is passed on. */
export function startProxy(
	target: string,
	first: Readonly<Record<string, () => Promise<unknown>>> = {},
): Promise<Wire> {
	const pending = new Map(Object.entries(first));
	return listen((asked) =>
		createServer(async (incoming, outgoing) => {
			const name = nameOf(incoming);
			asked.push(name);
			const act = pending.get(name);
			pending.delete(name);
			await act?.();
			const { headers, method, url } = incoming;
			const forwarded = request(`${target}${url}`, { method, headers }, (answer) => {
				// Whether the server keeps its connection to us is no matter of whoever asks.
				const { connection: _, ...passedOn } = answer.headers;
				outgoing.writeHead(answer.statusCode ?? 500, passedOn);
				answer.pipe(outgoing);
			});
			forwarded.once("error", () => outgoing.destroy());
			incoming.pipe(forwarded);
		}),
	);
}

/** Takes requests and answers none. */
export function startSilence(): Promise<Wire> {
	return listen((asked) => createServer((incoming) => asked.push(nameOf(incoming))));
}

async function listen(make: (asked: string[]) => Server): Promise<Wire> {
	const asked: string[] = [];
	const server = make(asked);
	server.keepAliveTimeout = 0;
	const sockets = new Set<Socket>();
	server.on("connection", (socket) => {
		sockets.add(socket);
		socket.once("close", () => sockets.delete(socket));
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		asked,
		async nextRequest() {
			await once(server, "request");
		},
		async untilDisconnected() {
			for (const socket of sockets) if (!socket.closed) await once(socket, "close");
		},
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			server.close();
			await once(server, "close");
		},
	};
}

function nameOf({ headers, method, url }: IncomingMessage): string {
	const target = headers["x-amz-target"];
	return target === undefined ? `${method} ${url}` : String(target).replace(/^.*\./, "");
}

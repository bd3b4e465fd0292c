import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { certificateFile } from "./fake-vault.ts";

export interface ConnectProxy extends AsyncDisposable {
	readonly url: string;
	/** Its host and port. */
	readonly host: string;
	/** Where it was asked to connect to. */
	readonly tunnels: readonly string[];
	/** The Proxy-Authorization of each time. */
	readonly authorizations: readonly (string | undefined)[];
	/** All that it could read: headers, and the bytes that went through. */
	seen(): string;
	/** Resolves when it has been asked the next time. */
	nextTunnel(): Promise<void>;
	/** Resolves when nobody is connected to it any more. */
	left(): Promise<void>;
}

export interface ConnectProxyOptions {
	/** What it says, as it is, in the place of making a tunnel; `silence`: nothing. */
	says(): string | undefined;
	/** The name of a certificate: it speaks TLS. */
	readonly certificate?: string;
}

/** A proxy for CONNECT, which leads to one port of this machine whatever name it is asked for. */
export async function startConnectProxy(
	port: number,
	{ certificate, says }: Partial<ConnectProxyOptions> = {},
): Promise<ConnectProxy> {
	const tunnels: string[] = [];
	const authorizations: (string | undefined)[] = [];
	const seen: Buffer[] = [];
	const sockets = new Set<Socket>();
	const note = (chunk: Buffer | string) => seen.push(Buffer.from(chunk));

	const server =
		certificate === undefined
			? createServer()
			: createTlsServer({
					cert: readFileSync(certificateFile(`${certificate}.pem`)),
					key: readFileSync(certificateFile("server.key")),
				});
	server.on("connection", (socket: Socket) => {
		sockets.add(socket);
		socket
			.on("error", () => undefined)
			.once("close", () => {
				sockets.delete(socket);
				if (sockets.size === 0) server.emit("left");
			});
	});
	// Who asks a proxy in another way shows it what is asked.
	server.on("request", (request: IncomingMessage, response) => {
		note(JSON.stringify([request.url, request.headers]));
		response.end();
	});
	server.on("connect", ({ headers, url = "" }: IncomingMessage, client: Socket) => {
		client.on("error", () => undefined);
		tunnels.push(url);
		authorizations.push(headers["proxy-authorization"]);
		note(JSON.stringify(headers));
		server.emit("tunnel");
		const said = says?.();
		if (said === "silence") return void client.resume().once("end", () => client.destroy());
		if (said !== undefined) return void client.end(said);
		const upstream = connect(port, "127.0.0.1", () => {
			client.write("HTTP/1.1 200 Connection established\r\n\r\n");
			client.on("data", note).pipe(upstream).on("data", note).pipe(client);
		});
		upstream.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
		client.once("close", () => upstream.destroy());
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
	return {
		url: `${certificate === undefined ? "http" : "https"}://${host}`,
		host,
		tunnels,
		authorizations,
		seen: () => Buffer.concat(seen).toString("latin1"),
		async nextTunnel() {
			await once(server, "tunnel");
		},
		async left() {
			if (sockets.size > 0) await once(server, "left");
		},
		async [Symbol.asyncDispose]() {
			for (const socket of sockets) socket.destroy();
			server.close();
			await once(server, "close");
		},
	};
}

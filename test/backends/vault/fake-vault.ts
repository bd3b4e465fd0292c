import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

/** One request that the server got. */
export interface Call {
	readonly method: string;
	/** The path with its query, as it came. */
	readonly url: string;
	readonly text: string;
	readonly headers: IncomingHttpHeaders;
	/** Which request of its connection it is, from 1. */
	readonly turn: number;
}

export interface Answer {
	readonly status?: number;
	/** An object is sent as JSON, a string as it is. */
	readonly body?: unknown;
	readonly headers?: Record<string, string>;
}

/**
 * Bytes that no HTTP server would send, and what becomes of the connection after them: `flood` is chunks of 64 KiB without end,
 * `trickle` one byte after the other.
 */
export interface RawAnswer {
	readonly raw: string;
	readonly after: "end" | "reset" | "stay" | "flood" | "trickle";
}

/** A programmed answer; `silence` never comes. */
export type Reply = Answer | RawAnswer | "silence";

/** Says what to answer; `count` is the number of requests for the same path, from 1. */
export type Program = (call: Call, count: number) => Reply | Promise<Reply>;

export interface FakeVault extends AsyncDisposable {
	readonly url: string;
	readonly port: number;
	readonly calls: readonly Call[];
	/** The connections that were made, and how many of them there were at once. */
	readonly connections: { readonly total: number; readonly peak: number };
	/** Resolves when the next request has come in. */
	nextCall(): Promise<void>;
	/** Resolves when the next connection is closed. */
	nextClose(): Promise<void>;
}

export interface FakeVaultOptions {
	readonly host?: string;
	/** The name of a certificate in certificates/: the server speaks TLS. */
	readonly certificate?: string;
	/** Whether it wants a certificate that the authority in certificates/ signed. */
	readonly wantsCertificate?: boolean;
	/** A Unix socket to listen on in the place of a port. */
	readonly socketPath?: string;
}

/** A server at the wire that answers what the test says. */
export async function startFakeVault(program: Program, options: FakeVaultOptions = {}): Promise<FakeVault> {
	const { certificate, host = "127.0.0.1", socketPath, wantsCertificate = false } = options;
	const calls: Call[] = [];
	const turns = new WeakMap<Socket, number>();
	const answer = async (request: IncomingMessage, response: ServerResponse) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const { headers, method = "", url = "" } = request;
		const turn = (turns.get(request.socket) ?? 0) + 1;
		turns.set(request.socket, turn);
		const call = { method, url, text: Buffer.concat(chunks).toString(), headers, turn };
		calls.push(call);
		server.emit("call");
		const reply = await program(call, calls.filter((other) => other.url === url).length);
		if (reply === "silence") return;
		if ("raw" in reply) sendRaw(request.socket, reply);
		else send(response, reply);
	};
	const server =
		certificate === undefined
			? createServer(answer)
			: createTlsServer(
					{
						cert: pemOf(`${certificate}.pem`),
						key: pemOf("server.key"),
						ca: pemOf("ca.pem"),
						requestCert: wantsCertificate,
					},
					answer,
				);
	const connections = countConnections(server);
	if (socketPath === undefined) server.listen(0, host);
	else server.listen(socketPath);
	await once(server, "listening");
	const { port } = (socketPath === undefined ? server.address() : { port: 0 }) as AddressInfo;
	return {
		url:
			socketPath === undefined
				? `${certificate === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${port}`
				: `unix://${socketPath}`,
		port,
		calls,
		connections,
		async nextCall() {
			await once(server, "call");
		},
		async nextClose() {
			await once(server, "gone");
		},
		async [Symbol.asyncDispose]() {
			for (const socket of connections.open) socket.destroy();
			server.close();
			await once(server, "close");
		},
	};
}

function pemOf(name: string): Buffer {
	return readFileSync(certificateFile(name));
}

export function certificateFile(name: string): string {
	return new URL(`certificates/${name}`, import.meta.url).pathname;
}

function countConnections(server: ReturnType<typeof createServer>) {
	const counts = { total: 0, peak: 0, open: new Set<Socket>() };
	server.on("connection", (socket: Socket) => {
		counts.open.add(socket);
		counts.total++;
		counts.peak = Math.max(counts.peak, counts.open.size);
		socket.once("close", () => {
			counts.open.delete(socket);
			server.emit("gone");
		});
	});
	return counts;
}

function send(response: ServerResponse, { body = "", headers = {}, status = 200 }: Answer): void {
	response.writeHead(status, { "Content-Type": "application/json", ...headers });
	response.end(typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body));
}

function sendRaw(socket: Socket, { raw, after }: RawAnswer): void {
	socket.write(raw, () => {
		if (after === "end") socket.end();
		if (after === "reset") socket.resetAndDestroy();
		if (after === "flood") flood(socket);
		if (after === "trickle") trickle(socket);
	});
}

function flood(socket: Socket): void {
	const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
	socket.on("error", () => undefined);
	while (!socket.destroyed && socket.write(chunk));
	socket.once("drain", () => flood(socket));
}

function trickle(socket: Socket): void {
	const timer = setInterval(() => socket.write(" "), 10);
	socket.on("error", () => undefined).once("close", () => clearInterval(timer));
}

/** A secret of version 2 of the KV engine, as Vault words it. */
export function secretV2(data: unknown, metadata: object = { version: 1 }): Answer {
	return { body: { data: { data, metadata } } };
}

/** An error as Vault words it. */
export function refusal(status: number, ...errors: readonly string[]): Answer {
	return { status, body: { errors } };
}

/** What Vault says of the mount that a path lies in. */
export function mountAnswer(version: 1 | 2): Answer {
	return { body: { data: { type: "kv", options: version === 2 ? { version: "2" } : null } } };
}

import { chmodSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { DstaError } from "../errors.ts";
import { isLoopback, type ListenAddress, showListenAddress } from "../listen-address.ts";
import { removeFile } from "../remove-file.ts";
import { answer, type Endpoints } from "./answer.ts";
import { clearSocketPath } from "./socket-path.ts";

/** A server that listens. */
export interface Serving {
	/** Where it listens, with the port that it was given. */
	readonly address: ListenAddress;
	/** Leaves the address to others, at once. */
	close(): void;
}

/*
 * Whoever asks must not be able to hold anything up: a connection has one question and five seconds, from its beginning to the
 * last byte of the answer, and where there are too many the oldest goes, so that a new one is always heard. Nothing here keeps
 * the process from ending, and what is accepted is closed on exec, so that no command inherits it.
 */
const CONNECTION_MS = 5000;
const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 8192;

/**
 * Serves endpoints at an address. `undefined`: somebody else does already.
 * @throws {DstaError} DSTA_CONFIG there is no such address, or it may not be used
 */
export async function serve(address: ListenAddress, endpoints: Endpoints): Promise<Serving | undefined> {
	const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, keepAlive: false }, (request, response) => {
		void answer(request, response, { endpoints, isLoopback: isLoopback(address) });
	});
	limitConnections(server);
	const obstacle = await listen(server, address);
	if (obstacle === "EADDRINUSE") return undefined;
	if (obstacle !== undefined) throw refused(address, obstacle);
	// One that could not be accepted is the loss of whoever has asked.
	server.on("error", () => undefined);
	server.unref();
	return {
		address: address.kind === "unix" ? address : { ...address, port: (server.address() as AddressInfo).port },
		close() {
			server.close();
			server.closeAllConnections();
			if (address.kind === "unix") removeFile(address.path);
		},
	};
}

function limitConnections(server: Server): void {
	// A set keeps the order in which they came.
	const connections = new Set<Socket>();
	server.on("connection", (socket: Socket) => {
		const timer = setTimeout(() => socket.destroy(), CONNECTION_MS);
		timer.unref();
		socket.unref();
		connections.add(socket);
		socket.once("close", () => {
			clearTimeout(timer);
			connections.delete(socket);
		});
		if (connections.size <= MAX_CONNECTIONS) return;
		const [oldest] = connections;
		if (oldest !== undefined) connections.delete(oldest);
		oldest?.destroy();
	});
}

/** Begins to listen; what keeps it from that, as a code of the system. */
async function listen(server: Server, address: ListenAddress): Promise<string | undefined> {
	const obstacle = address.kind === "unix" ? await clearSocketPath(address.path) : undefined;
	if (obstacle !== undefined) return obstacle;
	return new Promise((resolve) => {
		const fail = ({ code, message }: NodeJS.ErrnoException) => resolve(code ?? message);
		server.once("error", fail);
		const { kind: _, ...place } = address;
		server.listen(place, () => {
			server.off("error", fail);
			if (address.kind === "unix") chmodSync(address.path, 0o600);
			resolve(undefined);
		});
	});
}

function refused(address: ListenAddress, code: string): DstaError {
	const reason = REASONS[code] ?? code;
	return new DstaError(
		"DSTA_CONFIG",
		`Metrics cannot be served at ${showListenAddress(address)}: ${reason}`,
		{
			cure: "Give another address: --metrics ADDR, or run.metrics in the map; --metrics none serves none.",
		},
	);
}

const REASONS: Readonly<Record<string, string>> = {
	EACCES: "permission denied",
	EADDRNOTAVAIL: "this machine does not have that address",
	EAFNOSUPPORT: "this machine has no addresses of that kind",
	ENOENT: "its folder does not exist",
	ENOTDIR: "its folder is none",
	ENOTSOCK: "a file of that name is there",
	EROFS: "the file system is read-only",
};

import { once } from "node:events";
import { isIP } from "node:net";
import { connect } from "node:tls";
import type { TlsOptions } from "./transport.ts";

const PATIENCE_MS = 1000;

/**
 * Finds out why a handshake fails, by another one in which nothing is sent: the code that node:tls has for it, else `EPROTO`.
 * For the runtime whose fetch() does not tell.
 */
export async function findHandshakeFault(
	{ hostname, port }: URL,
	{ ca, cert, key, serverName }: TlsOptions = {},
	signal?: AbortSignal,
): Promise<string> {
	const host = hostname.replace(/^\[|\]$/g, "");
	const name = serverName ?? host;
	const socket = connect({
		host,
		port: Number(port || 443),
		servername: isIP(name) === 0 ? name : "",
		ca: ca && [...ca],
		cert,
		key,
		// Whom it would be with does not matter, since nothing is said.
		rejectUnauthorized: false,
	});
	try {
		// A server that wants a certificate says so after the client takes the handshake for done.
		const patience = [AbortSignal.timeout(PATIENCE_MS), ...(signal ? [signal] : [])];
		await once(socket, "close", { signal: AbortSignal.any(patience) });
		return "EPROTO";
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		return code?.startsWith("ERR_SSL_") ? code : "EPROTO";
	} finally {
		socket.destroy();
	}
}

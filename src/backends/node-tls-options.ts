import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity, createSecureContext } from "node:tls";
import type { TlsOptions } from "./transport.ts";

/** What node:tls is told of a connection. */
export function tlsOptionsOf({
	ca,
	cert,
	isUnverified,
	key,
	serverName,
}: TlsOptions = {}): ConnectionOptions {
	return {
		// Made once: Node would read the certificates again for each connection.
		secureContext: createSecureContext({ ca: ca && [...ca], cert, key }),
		// Certificates are checked, whatever NODE_TLS_REJECT_UNAUTHORIZED tells the command.
		rejectUnauthorized: isUnverified !== true,
		...(serverName === undefined ? {} : identityOf(serverName)),
	};
}

// An address is never asked for by name: https://www.rfc-editor.org/rfc/rfc6066#section-3
function identityOf(name: string): ConnectionOptions {
	if (isIP(name) === 0) return { servername: name };
	return {
		servername: "",
		checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
	};
}

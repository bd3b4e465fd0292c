import type { ProxyServer, TlsOptions } from "./transport.ts";

/** What holds for all requests of a session. */
export interface SessionSettings {
	readonly tls: BunTls;
	readonly unix?: string;
}

interface BunTls {
	readonly rejectUnauthorized: boolean;
	readonly ca?: readonly string[];
	readonly cert?: string;
	readonly key?: string;
	/** A name or an address. */
	readonly serverName?: string;
}

export interface BunOptions {
	/** `false`: none, whatever HTTP_PROXY says. */
	readonly proxy:
		| false
		| { readonly url: string; readonly headers: Record<string, string>; readonly tls: BunTls };
	/** That and nothing else is spoken. */
	readonly protocol?: "http2";
	readonly decompress: boolean;
	/** `false`: over a connection of its own. Where one that was kept is gone, Bun sends a GET again. */
	readonly keepalive: boolean;
	/** `false`: BUN_CONFIG_VERBOSE_FETCH does not print the headers, and the token with them. */
	readonly verbose: false;
}

/** What Bun is told of TLS. */
export function toBunTls({ ca, cert, isUnverified, key, serverName }: TlsOptions = {}): BunTls {
	return {
		// Certificates are checked, whatever NODE_TLS_REJECT_UNAUTHORIZED tells the command.
		rejectUnauthorized: isUnverified !== true,
		...(ca === undefined ? {} : { ca }),
		...(cert === undefined ? {} : { cert }),
		...(key === undefined ? {} : { key }),
		...(serverName === undefined ? {} : { serverName }),
	};
}

/** What Bun is told of a proxy. */
export function toBunProxy(proxy: ProxyServer | undefined, { ca }: TlsOptions = {}): BunOptions["proxy"] {
	if (proxy === undefined) return false;
	const { authorization, url } = proxy;
	return {
		url: url.href,
		headers: authorization === undefined ? {} : { "Proxy-Authorization": authorization },
		tls: toBunTls({ ca }),
	};
}

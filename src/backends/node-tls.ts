import { request as requestPlain } from "node:http";
import { Agent, type AgentOptions, request as requestTls } from "node:https";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { checkServerIdentity, createSecureContext } from "node:tls";
import type { AgentRequest } from "./node-http.ts";
import { type ProxyServer, type TlsOptions, TransportError } from "./transport.ts";

export interface TlsAgentOptions {
	readonly tls: TlsOptions | undefined;
	readonly proxy: ProxyServer | undefined;
}

/** Makes the connections to a server with TLS: with certificates of our own, through a proxy. */
export function createTlsAgent(pool: AgentOptions, { proxy, tls = {} }: TlsAgentOptions): Agent {
	const { ca, cert, isUnverified, key, serverName } = tls;
	// Made once: Node would read the certificates again for each connection.
	const secureContext = createSecureContext({ ca: ca && [...ca], cert, key });
	const options = {
		...pool,
		secureContext,
		rejectUnauthorized: isUnverified !== true,
		...(serverName === undefined ? {} : identityOf(serverName)),
	};
	return proxy === undefined ? new Agent(options) : new TunnelAgent(options, proxy, ca);
}

// An address is never asked for by name: https://www.rfc-editor.org/rfc/rfc6066#section-3
function identityOf(name: string): AgentOptions {
	if (isIP(name) === 0) return { servername: name };
	return {
		servername: "",
		checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
	};
}

type Connected = (error: Error | null, stream?: Duplex) => void;

/** Connects through a proxy, which is asked for a tunnel and sees nothing but the name of the server. */
class TunnelAgent extends Agent {
	readonly #proxy: ProxyServer;
	readonly #ca: TlsOptions["ca"];

	constructor(options: AgentOptions, proxy: ProxyServer, ca: TlsOptions["ca"]) {
		super(options);
		this.#proxy = proxy;
		this.#ca = ca;
	}

	override createConnection(target: AgentRequest, connected: Connected): undefined {
		const { authorization, url } = this.#proxy;
		const { givenUp: signal, host, port } = target;
		const authority = `${isIP(host ?? "") === 6 ? `[${host}]` : host}:${port}`;
		const send = url.protocol === "https:" ? requestTls : requestPlain;
		const asked = send(url, {
			method: "CONNECT",
			path: authority,
			agent: false,
			ca: this.#ca && [...this.#ca],
			rejectUnauthorized: true,
			...(signal && { signal }),
		});
		// Not as an option: NODE_DEBUG=http prints those.
		asked.setHeader("Host", authority);
		if (authorization !== undefined) asked.setHeader("Proxy-Authorization", authorization);
		asked.once("error", connected);
		asked.once("connect", ({ statusCode = 0 }, socket, head) => {
			if (statusCode < 200 || statusCode > 299) {
				socket.destroy();
				connected(new TransportError(`PROXY_HTTP_${statusCode}`));
				return;
			}
			if (head.length > 0) socket.unshift(head);
			const tunnel: object = { ...target, socket };
			connected(null, super.createConnection(tunnel) ?? undefined);
		});
		asked.end();
	}
}

import { type ClientRequest, request as requestPlain } from "node:http";
import { Agent, type AgentOptions, request as requestTls } from "node:https";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import type { AgentRequest } from "./node-http.ts";
import { tlsOptionsOf } from "./node-tls-options.ts";
import { type ProxyServer, type TlsOptions, TransportError } from "./transport.ts";

export interface TlsAgentOptions {
	readonly tls: TlsOptions | undefined;
	readonly proxy: ProxyServer | undefined;
}

/** Makes the connections to a server with TLS: with certificates of our own, through a proxy. */
export function createTlsAgent(pool: AgentOptions, { proxy, tls = {} }: TlsAgentOptions): Agent {
	const options = { ...pool, ...tlsOptionsOf(tls) };
	return proxy === undefined ? new Agent(options) : new TunnelAgent(options, proxy, tls.ca);
}

type Connected = (error: Error | null, stream?: Duplex) => void;

/** Connects through a proxy, which is asked for a tunnel and sees nothing but the name of the server. */
class TunnelAgent extends Agent {
	readonly #proxy: ProxyServer;
	readonly #ca: TlsOptions["ca"];
	/** For tunnels that are not there yet, of which Node's own agent does not know. */
	readonly #asking = new Set<ClientRequest>();

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
		this.#asking.add(asked);
		asked.once("close", () => this.#asking.delete(asked));
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

	override destroy(): void {
		for (const asked of this.#asking) asked.destroy();
		super.destroy();
	}
}

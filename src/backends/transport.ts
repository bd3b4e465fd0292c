/** One HTTP request of a backend. */
export interface HttpRequest {
	readonly method: string;
	readonly url: URL;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string | Uint8Array | undefined;
	readonly signal?: AbortSignal | undefined;
	/** `false`: it is not even sent again where a kept connection is gone when it is used. */
	readonly isRepeatable?: boolean | undefined;
}

export interface HttpResponse {
	readonly status: number;
	/** By lower-case name; a header that came more than once is joined by `, `. Cookies are left out. */
	readonly headers: Readonly<Record<string, string | undefined>>;
	/** Empty where the answer is not UTF-8: a value must not come out changed. */
	readonly text: string;
}

/**
 * The seam between the backends and the runtime's HTTP client.
 * It keeps connections alive, follows no redirect, decodes no compression, and reads at most `MAX_ANSWER_BYTES`.
 */
export interface Transport {
	/** @throws {TransportError} no whole answer came; the signal's own reason when it aborts */
	send(request: HttpRequest): Promise<HttpResponse>;
	/** Closes all connections; what is under way, and whatever comes later, fails with CLOSED. */
	close(): void;
}

/** How a transport is made. */
export interface TransportOptions extends ConnectionOptions {
	/** The most connections at once: more cost a TLS server more in handshakes than they gain; plain ones are cheap. */
	readonly maxSockets: Readonly<Record<Protocol, number>>;
	/** Whether servers with TLS are asked by HTTP/2, where they speak it and there is no proxy. */
	readonly http2?: boolean | undefined;
	/** Hears of each request when all of it has been sent, and nothing is left but to wait for the answer. */
	readonly onSent?: (() => void) | undefined;
}

export type Protocol = "http:" | "https:";

/** How servers are reached and known. With nothing in it: directly, by the authorities that the runtime trusts. */
export interface ConnectionOptions {
	readonly tls?: TlsOptions | undefined;
	/** The proxy that takes us to an https address; `undefined`: none. In a tunnel through it nobody sees what is said. */
	readonly proxyFor?: ((url: URL) => ProxyServer | undefined) | undefined;
	/** The Unix socket that all requests go to. */
	readonly socketPath?: string | undefined;
}

/** What is shown to a server with TLS, and what it has to show. All certificates are in PEM form. */
export interface TlsOptions {
	/** The authorities that are trusted, in the place of those of the runtime. */
	readonly ca?: readonly string[] | undefined;
	/** Our own certificate, with what it needs to be believed. */
	readonly cert?: string | undefined;
	/** The key of `cert`. */
	readonly key?: string | undefined;
	/** The name that the server's certificate has to be for, where it is not that of the address. */
	readonly serverName?: string | undefined;
	/** Whether the server is believed whatever it shows. */
	readonly isUnverified?: boolean | undefined;
}

export interface ProxyServer {
	/** Without a user name and password. */
	readonly url: URL;
	/** The header that lets us pass. */
	readonly authorization?: string | undefined;
	/** What it was set by, for messages: `HTTPS_PROXY`. */
	readonly origin: string;
}

/** Whether a server may be asked by HTTP/2: neither runtime can through a tunnel. */
export function mayBeHttp2(url: URL, { http2 = false, proxyFor }: TransportOptions): boolean {
	return http2 && url.protocol === "https:" && proxyFor?.(url) === undefined;
}

/** 10 MiB: ten times what Vault stores in one secret. */
export const MAX_ANSWER_BYTES: number = 10 * 1024 * 1024;

/** Why no answer came, as a code: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, `ANSWER_TOO_LARGE`. Holds nothing of the request. */
export class TransportError extends Error {
	override readonly name = "TransportError";
	readonly code: string;

	constructor(code: string) {
		super(code);
		this.code = code;
	}
}

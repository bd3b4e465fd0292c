import { isUtf8 } from "node:buffer";
import { createLimit, type Limit } from "./limit.ts";
import {
	type HttpRequest,
	type HttpResponse,
	MAX_ANSWER_BYTES,
	type Protocol,
	type ProxyServer,
	type TlsOptions,
	type Transport,
	TransportError,
	type TransportOptions,
} from "./transport.ts";

/** The parts of Bun that are used here: fetch() over a pool of connections of its own. */
declare const Bun: {
	FetchSession: new (settings: SessionSettings) => FetchSession;
};

interface FetchSession {
	fetch(url: URL, options: RequestInit & BunOptions): Promise<Response>;
	/** Closes the connections that nobody uses. */
	close(): void;
}

/** What holds for all requests of a session. */
interface SessionSettings {
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

interface BunOptions {
	/** `false`: none, whatever HTTP_PROXY says. */
	readonly proxy:
		| false
		| { readonly url: string; readonly headers: Record<string, string>; readonly tls: BunTls };
	readonly decompress: boolean;
	/** `false`: BUN_CONFIG_VERBOSE_FETCH does not print the headers, and the token with them. */
	readonly verbose: false;
}

/** The transport for Bun: its own fetch(), which starts faster there than node:http. */
export function createFetchTransport(options: TransportOptions): Transport {
	const { maxSockets, onSent, proxyFor, socketPath, tls } = options;
	const session = new Bun.FetchSession({
		tls: toBunTls(tls),
		...(socketPath === undefined ? {} : { unix: socketPath }),
	});
	const limits = new Map<string, Limit>();
	const closing = new AbortController();
	let handshakeFault: Promise<string> | undefined;

	function limitOf({ origin, protocol }: URL): Limit {
		const limit = limits.get(origin) ?? createLimit(maxSockets[protocol as Protocol]);
		limits.set(origin, limit);
		return limit;
	}

	return {
		async send(request) {
			const given = new AbortController();
			const signals = [closing.signal, given.signal, ...(request.signal ? [request.signal] : [])];
			const signal = AbortSignal.any(signals);
			const proxy = request.url.protocol === "https:" ? proxyFor?.(request.url) : undefined;
			try {
				return await limitOf(request.url)(signal, () => {
					const init = { ...toInit(request), proxy: toBunProxy(proxy, tls), signal };
					const answer = session.fetch(request.url, init);
					onSent?.();
					return answer.then(receive);
				});
			} catch (error) {
				// Of an answer that is not wanted any further.
				given.abort();
				if (request.signal?.aborted) throw request.signal.reason;
				const failure = toTransportError(error);
				if (failure.code !== "EPROTO") throw failure;
				handshakeFault ??= explainHandshake(request, proxy, tls);
				throw new TransportError(await handshakeFault);
			}
		},
		close() {
			closing.abort();
			session.close();
		},
	};
}

function toInit({ body, headers, method }: HttpRequest): RequestInit & Omit<BunOptions, "proxy"> {
	// Node refuses them; Bun would send most, for the server to wonder at.
	if (Object.values(headers).some((value) => NO_HEADER_CHARACTER.test(value)))
		throw new TransportError("ERR_INVALID_CHAR");
	return {
		method,
		headers,
		...(body === undefined ? {} : { body: body as NonNullable<RequestInit["body"]> }),
		redirect: "manual",
		decompress: false,
		verbose: false,
	};
}

const NO_HEADER_CHARACTER = /[^\t\x20-\x7e\x80-\xff]/;

function toBunTls({ ca, cert, isUnverified, key, serverName }: TlsOptions = {}): BunTls {
	return {
		// Certificates are checked, whatever NODE_TLS_REJECT_UNAUTHORIZED tells the command.
		rejectUnauthorized: isUnverified !== true,
		...(ca === undefined ? {} : { ca }),
		...(cert === undefined ? {} : { cert }),
		...(key === undefined ? {} : { key }),
		...(serverName === undefined ? {} : { serverName }),
	};
}

function toBunProxy(proxy: ProxyServer | undefined, { ca }: TlsOptions = {}): BunOptions["proxy"] {
	if (proxy === undefined) return false;
	const { authorization, url } = proxy;
	return {
		url: url.href,
		headers: authorization === undefined ? {} : { "Proxy-Authorization": authorization },
		tls: toBunTls({ ca }),
	};
}

// All that fetch() says of a handshake is that it failed, be it that the server speaks no TLS or that it wants a certificate.
async function explainHandshake(
	{ url, signal }: HttpRequest,
	proxy: ProxyServer | undefined,
	tls: TlsOptions | undefined,
): Promise<string> {
	if (proxy !== undefined) return "TLS_HANDSHAKE_FAILED";
	const { findHandshakeFault } = await import("./tls-handshake.ts");
	return findHandshakeFault(url, tls, signal);
}

async function receive(response: Response): Promise<HttpResponse> {
	const body = await readBody(response);
	return {
		status: response.status,
		headers: Object.fromEntries(
			[...response.headers.keys()].map((name) => [name, response.headers.get(name) ?? undefined]),
		),
		text: isUtf8(body) ? body.toString("utf8") : "",
	};
}

async function readBody({ body }: Response): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	try {
		for await (const chunk of body ?? []) {
			size += chunk.length;
			if (size > MAX_ANSWER_BYTES) throw new TransportError("ANSWER_TOO_LARGE");
			chunks.push(chunk);
		}
	} catch (error) {
		throw codeOf(error) === "ECONNRESET" ? new TransportError("ANSWER_CUT_SHORT") : error;
	}
	return Buffer.concat(chunks);
}

function toTransportError(error: unknown): TransportError {
	if (error instanceof TransportError) return error;
	const code = codeOf(error) ?? "CONNECTION_FAILED";
	if (code === "ERR_PROXY_TUNNEL")
		return new TransportError(`PROXY_HTTP_${(error as { readonly status?: number }).status}`);
	return new TransportError(CODES[code] ?? code);
}

function codeOf(error: unknown): string | undefined {
	const { code } = error as NodeJS.ErrnoException;
	return typeof code === "string" ? code : undefined;
}

// Where Bun has a name of its own, what Node calls the same. Errors of the system and of TLS have one name in both.
const CODES: Readonly<Record<string, string | undefined>> = {
	ConnectionRefused: "ECONNREFUSED",
	FailedToOpenSocket: "ECONNREFUSED",
	ConnectionClosed: "ECONNRESET",
	Timeout: "ETIMEDOUT",
	DNSResolutionFailed: "ENOTFOUND",
	TLSHandshakeFailed: "EPROTO",
	UnrequestedUpgrade: "OTHER_PROTOCOL",
	Malformed_HTTP_Response: "HPE_INVALID_CONSTANT",
	InvalidHTTPResponse: "HPE_INVALID_CONSTANT",
	UnexpectedData: "HPE_INVALID_CONSTANT",
	InvalidContentLength: "HPE_INVALID_CONTENT_LENGTH",
	UnsupportedTransferEncoding: "HPE_INVALID_TRANSFER_ENCODING",
	ResponseHeadersTooLarge: "HPE_HEADER_OVERFLOW",
};

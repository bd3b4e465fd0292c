import { isUtf8 } from "node:buffer";
import { type BunOptions, type SessionSettings, toBunProxy, toBunTls } from "./fetch-options.ts";
import { createLimit, type Limit } from "./limit.ts";
import { onAbort } from "./on-abort.ts";
import {
	type HttpRequest,
	type HttpResponse,
	MAX_ANSWER_BYTES,
	mayBeHttp2,
	type Protocol,
	type ProxyServer,
	type TlsOptions,
	type Transport,
	TransportError,
	type TransportOptions,
} from "./transport.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** The parts of Bun that are used here: fetch() over a pool of connections of its own. */
declare const Bun: {
	FetchSession: new (settings: SessionSettings) => FetchSession;
};

interface FetchSession {
	fetch(url: URL, options: RequestInit & BunOptions): Promise<Response>;
	/** Closes the connections that nobody uses. */
	close(): void;
}

/** What servers allow at once on one connection of HTTP/2, or more. */
const MAX_STREAMS = 100;

/** The transport for Bun: its own fetch(), which starts faster there than node:http. */
export function createFetchTransport(options: TransportOptions): Transport {
	const { maxSockets, onSent, proxyFor, socketPath, tls } = options;
	const settings = { tls: toBunTls(tls), ...(socketPath === undefined ? {} : { unix: socketPath }) };
	let session = new Bun.FetchSession(settings);
	const limits = new Map<string, Limit>();
	const closing = new AbortController();
	const trials = new Map<string, Promise<boolean>>();
	let handshakeFault: Promise<string> | undefined;

	function limitOf({ origin, protocol }: URL, isHttp2: boolean): Limit {
		const key = isHttp2 ? `${origin} by HTTP/2` : origin;
		const limit = limits.get(key) ?? createLimit(isHttp2 ? MAX_STREAMS : maxSockets[protocol as Protocol]);
		limits.set(key, limit);
		return limit;
	}

	// Its one connection of HTTP/2 may lead nowhere, so that the next request goes over another one. Those that are under way go on.
	function leave(current: FetchSession): void {
		if (session !== current) return;
		session = new Bun.FetchSession(settings);
		trials.clear();
		current.close();
	}

	async function sendBy(isHttp2: boolean, request: HttpRequest): Promise<HttpResponse> {
		const current = session;
		const controller = new AbortController();
		const { signal } = controller;
		const giveUp = () => controller.abort();
		const given = [closing.signal, ...(request.signal ? [request.signal] : [])];
		const ends = given.map((one) => onAbort(one, giveUp));
		const proxy = request.url.protocol === "https:" ? proxyFor?.(request.url) : undefined;
		try {
			for (const one of given) one.throwIfAborted();
			return await limitOf(request.url, isHttp2)(signal, () => {
				const init = { ...toInit(request, isHttp2), proxy: toBunProxy(proxy, tls), signal };
				const answer = current.fetch(request.url, init);
				onSent?.();
				return answer.then(receive);
			});
		} catch (error) {
			// Of an answer that is not wanted any further.
			giveUp();
			if (request.signal?.aborted) {
				if (isHttp2) leave(current);
				throw request.signal.reason;
			}
			if (closing.signal.aborted) throw new TransportError("CLOSED");
			const failure = toTransportError(error);
			if (failure.code !== "EPROTO" || isHttp2) throw failure;
			handshakeFault ??= explainHandshake(request, proxy, tls);
			throw new TransportError(await handshakeFault);
		} finally {
			for (const end of ends) end();
		}
	}

	function noteTrial(origin: string, sending: Promise<unknown>): void {
		const trial = sending.then(
			() => true,
			(error) => {
				if (isOtherProtocol(error)) return false;
				trials.delete(origin);
				return true;
			},
		);
		trials.set(origin, trial);
	}

	return {
		async send(request) {
			const { signal, url } = request;
			// The first request finds out whether HTTP/2 is spoken, so that not all of them knock in vain.
			const trial = trials.get(url.origin);
			const isHttp2 =
				mayBeHttp2(url, options) && (trial === undefined || (await unlessAborted(signal, trial)));
			if (!isHttp2) return sendBy(false, request);
			const sending = sendBy(true, request);
			if (trial === undefined) noteTrial(url.origin, sending);
			try {
				return await sending;
			} catch (error) {
				// There was no handshake, so that nothing was sent.
				if (isOtherProtocol(error)) return sendBy(false, request);
				throw error;
			}
		},
		close() {
			closing.abort();
			session.close();
		},
	};
}

// What fetch() says where the server does not speak HTTP/2, or no TLS at all.
function isOtherProtocol(error: unknown): boolean {
	return error instanceof TransportError && /^(?:EPROTO|HTTP2Unsupported)$/.test(error.code);
}

function toInit(
	{ body, headers, isRepeatable, method }: HttpRequest,
	isHttp2: boolean,
): RequestInit & Omit<BunOptions, "proxy"> {
	// Node refuses them; Bun would send most, for the server to wonder at.
	if (Object.values(headers).some((value) => NO_HEADER_CHARACTER.test(value)))
		throw new TransportError("ERR_INVALID_CHAR");
	return {
		method,
		headers,
		...(body === undefined ? {} : { body: body as NonNullable<RequestInit["body"]> }),
		redirect: "manual",
		...(isHttp2 ? { protocol: "http2" as const } : {}),
		decompress: false,
		keepalive: isRepeatable !== false,
		verbose: false,
	};
}

const NO_HEADER_CHARACTER = /[^\t\x20-\x7e\x80-\xff]/;

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
	const { headers, status } = response;
	const body = await readBody(response).catch((error) => {
		throw /^ECONNRESET$|^HTTP2/.test(codeOf(error) ?? "") ? new TransportError("ANSWER_CUT_SHORT") : error;
	});
	return {
		status,
		headers: Object.fromEntries([...headers].filter(([name]) => name !== "set-cookie")),
		text: isUtf8(body) ? body.toString("utf8") : "",
	};
}

// To read it piece by piece takes a stream, and a third more of the processor for the whole request.
async function readBody(response: Response): Promise<Buffer> {
	return isSurelySmall(response) ? Buffer.from(await response.arrayBuffer()) : readPieces(response);
}

function isSurelySmall({ headers }: Response): boolean {
	const length = headers.get("content-length");
	return length !== null && Number(length) <= MAX_ANSWER_BYTES && !headers.has("transfer-encoding");
}

async function readPieces({ body }: Response): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of body ?? []) {
		size += chunk.length;
		if (size > MAX_ANSWER_BYTES) throw new TransportError("ANSWER_TOO_LARGE");
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

function toTransportError(error: unknown): TransportError {
	if (error instanceof TransportError) return error;
	const code = codeOf(error) ?? "CONNECTION_FAILED";
	if (code === "ERR_PROXY_TUNNEL")
		return new TransportError(`PROXY_HTTP_${(error as { readonly status?: number }).status}`);
	const isReset = /^HTTP2(?!Unsupported)/.test(code);
	return new TransportError(CODES[code] ?? (isReset ? "ECONNRESET" : code));
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
	HTTP2ContentLengthMismatch: "ANSWER_CUT_SHORT",
};

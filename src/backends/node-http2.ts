import { type ClientHttp2Session, connect, constants } from "node:http2";
import { isIP } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { readBody, toResponse, toTransportError } from "./node-answer.ts";
import { tlsOptionsOf } from "./node-tls-options.ts";
import {
	type HttpRequest,
	type HttpResponse,
	type TlsOptions,
	TransportError,
	type TransportOptions,
} from "./transport.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** One connection that takes all requests at once. */
export interface Http2Connection {
	/**
	 * `undefined`: the server does not speak HTTP/2, and nothing was sent.
	 * @throws {TransportError} no whole answer came; the signal's own reason when it aborts
	 */
	send(request: HttpRequest): Promise<HttpResponse | undefined>;
	close(): void;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** A server that ends its connections after so many requests refuses those that come just then. */
const MAX_REFUSALS = 3;

/** The server has certainly not begun with a request, so that it may be sent again, whatever it is: RFC 9113, section 8.7. */
class UntakenError extends TransportError {
	constructor() {
		super("ECONNRESET");
	}
}

/** Makes the connection when the first request is sent, and another when it is gone, or gave no answer in time. */
export function createHttp2Connection(
	url: URL,
	{ onSent, tls }: Pick<TransportOptions, "onSent" | "tls">,
): Http2Connection {
	const closing = new AbortController();
	let opening: Promise<ClientHttp2Session | undefined> | undefined;
	const pending = new WeakMap<ClientHttp2Session, number>();

	// Only what is being asked holds the process.
	function hold(session: ClientHttp2Session, change: 1 | -1): void {
		const count = (pending.get(session) ?? 0) + change;
		pending.set(session, count);
		if (count === 0) session.unref();
		else session.ref();
	}

	function open(): Promise<ClientHttp2Session | undefined> {
		if (opening !== undefined) return opening;
		const current = connectTo(url, tls, closing.signal);
		opening = current;
		const forget = () => {
			if (opening === current) opening = undefined;
		};
		current.then((session) => session?.once("goaway", forget).once("close", forget), forget);
		return current;
	}

	// It may lead nowhere, so that the next request goes over another one. Those that are under way go on.
	function leave(current: Promise<ClientHttp2Session | undefined>): void {
		if (opening === current) opening = undefined;
		current.then(
			(session) => session?.close(),
			() => undefined,
		);
	}

	return {
		async send(request) {
			for (let refusals = 0; ; refusals++) {
				if (closing.signal.aborted) throw new TransportError("CLOSED");
				const current = open();
				try {
					const session = await unlessAborted(request.signal, current);
					if (session === undefined) return undefined;
					hold(session, 1);
					return await ask(session, request, onSent).finally(() => hold(session, -1));
				} catch (error) {
					if (request.signal?.aborted) {
						leave(current);
						throw request.signal.reason;
					}
					if (closing.signal.aborted) throw new TransportError("CLOSED");
					if (!(error instanceof UntakenError) || refusals === MAX_REFUSALS) throw toTransportError(error);
				}
				// By then it is known whether the connection goes on.
				await new Promise((resolve) => setImmediate(resolve));
			}
		},
		close() {
			closing.abort();
			opening?.then(
				(session) => session?.destroy(),
				() => undefined,
			);
		},
	};
}

/** @throws {TransportError} there is no connection */
async function connectTo(
	url: URL,
	tls: TlsOptions | undefined,
	signal: AbortSignal,
): Promise<ClientHttp2Session | undefined> {
	const socket = await shakeHands(url, tls, signal).catch((error) => {
		throw toTransportError(error);
	});
	if (socket.alpnProtocol !== "h2") {
		socket.destroy();
		return undefined;
	}
	const session = connect(url, { createConnection: () => socket });
	// Each request hears of it by itself.
	session.on("error", () => undefined);
	session.unref();
	return session;
}

function shakeHands(
	{ hostname, port }: URL,
	tls: TlsOptions | undefined,
	signal: AbortSignal,
): Promise<TLSSocket> {
	const host = hostname.replace(/^\[|\]$/g, "");
	const socket = connectTls({
		servername: isIP(host) === 0 ? host : "",
		...tlsOptionsOf(tls),
		host,
		port: Number(port || 443),
		ALPNProtocols: ["h2", "http/1.1"],
	});
	const giveUp = () => socket.destroy();
	signal.addEventListener("abort", giveUp, { once: true });
	socket.setTimeout(HANDSHAKE_TIMEOUT_MS, () => socket.destroy(new TransportError("ETIMEDOUT")));
	return new Promise<TLSSocket>((resolve, reject) => {
		socket.once("secureConnect", () => resolve(socket.setTimeout(0)));
		socket.once("error", reject);
		socket.once("close", () => reject(new TransportError("ECONNRESET")));
	}).finally(() => signal.removeEventListener("abort", giveUp));
}

function ask(
	session: ClientHttp2Session,
	{ body, headers, method, signal, url }: HttpRequest,
	onSent: (() => void) | undefined,
): Promise<HttpResponse> {
	return new Promise((resolve, reject) => {
		if (session.closed) throw new UntakenError();
		const stream = session.request(
			{ ...headers, ":method": method, ":path": `${url.pathname}${url.search}` },
			signal === undefined ? {} : { signal },
		);
		const isUntaken = () => stream.pending || stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
		const onError = (error?: unknown) => reject(isUntaken() ? new UntakenError() : error);
		const onClose = () => onError(new TransportError("ECONNRESET"));
		stream.on("error", onError).once("close", onClose);
		stream.once("response", ({ ":status": status = 0, ...answered }) => {
			// From now on it is the body that ends well or not.
			stream
				.off("error", onError)
				.on("error", () => undefined)
				.off("close", onClose);
			readBody(stream)
				.then((text) => {
					if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw new TransportError("ANSWER_CUT_SHORT");
					resolve(toResponse(status, answered, text));
				})
				.catch((error) => {
					stream.close(constants.NGHTTP2_CANCEL);
					reject(error instanceof TransportError ? error : new TransportError("ANSWER_CUT_SHORT"));
				});
		});
		if (onSent !== undefined) stream.once("finish", onSent);
		stream.end(body);
	});
}

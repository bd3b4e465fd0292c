import { isUtf8 } from "node:buffer";
import { createLimit, type Limit } from "./limit.ts";
import {
	type HttpRequest,
	type HttpResponse,
	MAX_ANSWER_BYTES,
	type Protocol,
	type Transport,
	TransportError,
	type TransportOptions,
} from "./transport.ts";

/** The parts of Bun that are used here: fetch() over a pool of connections of its own. */
declare const Bun: {
	FetchSession: new () => FetchSession;
};

interface FetchSession {
	fetch(url: URL, options: RequestInit & BunOptions): Promise<Response>;
	/** Closes the connections that nobody uses. */
	close(): void;
}

interface BunOptions {
	/** `false`: none, whatever HTTP_PROXY says. */
	readonly proxy: false;
	readonly decompress: boolean;
	/** `false`: BUN_CONFIG_VERBOSE_FETCH does not print the headers, and the token with them. */
	readonly verbose: false;
	/** Certificates are checked, whatever NODE_TLS_REJECT_UNAUTHORIZED tells the command. */
	readonly tls: { readonly rejectUnauthorized: true };
}

/** The transport for Bun: its own fetch(), which starts faster there than node:http. */
export function createFetchTransport({ maxSockets, onSent }: TransportOptions): Transport {
	const session = new Bun.FetchSession();
	const limits = new Map<string, Limit>();
	const closing = new AbortController();

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
			try {
				return await limitOf(request.url)(signal, () => {
					const answer = session.fetch(request.url, { ...toInit(request), signal });
					onSent?.();
					return answer.then(receive);
				});
			} catch (error) {
				// Of an answer that is not wanted any further.
				given.abort();
				throw request.signal?.aborted ? request.signal.reason : toTransportError(error);
			}
		},
		close() {
			closing.abort();
			session.close();
		},
	};
}

function toInit({ body, headers, method }: HttpRequest): RequestInit & BunOptions {
	// Node refuses them; Bun would send most, for the server to wonder at.
	if (Object.values(headers).some((value) => NO_HEADER_CHARACTER.test(value)))
		throw new TransportError("ERR_INVALID_CHAR");
	return {
		method,
		headers,
		...(body === undefined ? {} : { body: body as NonNullable<RequestInit["body"]> }),
		redirect: "manual",
		decompress: false,
		proxy: false,
		verbose: false,
		tls: { rejectUnauthorized: true },
	};
}

const NO_HEADER_CHARACTER = /[^\t\x20-\x7e\x80-\xff]/;

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

import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import { type HttpResponse, MAX_ANSWER_BYTES, TransportError } from "./transport.ts";

/**
 * Reads the body of an answer.
 * @throws {TransportError} it is cut short, or larger than any may be
 */
export async function readBody(incoming: AsyncIterable<Buffer>): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let size = 0;
	try {
		for await (const chunk of incoming) {
			size += chunk.length;
			if (size > MAX_ANSWER_BYTES) throw new TransportError("ANSWER_TOO_LARGE");
			chunks.push(chunk);
		}
	} catch (error) {
		const isCut = (error as NodeJS.ErrnoException).code === "ECONNRESET";
		throw isCut ? new TransportError("ANSWER_CUT_SHORT") : error;
	}
	return Buffer.concat(chunks);
}

/** The answer that a status, headers and a whole body are. */
export function toResponse(status: number, headers: IncomingHttpHeaders, body: Buffer): HttpResponse {
	return { status, headers: joinHeaders(headers), text: isUtf8(body) ? body.toString("utf8") : "" };
}

function joinHeaders(headers: IncomingHttpHeaders): HttpResponse["headers"] {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
	);
}

/** The error without anything of the request. */
export function toTransportError(error: unknown): TransportError {
	if (error instanceof TransportError) return error;
	// Node joins the failures of several addresses of one host.
	const single = error instanceof AggregateError ? error.errors[0] : error;
	const code = (single as NodeJS.ErrnoException).code ?? (error as NodeJS.ErrnoException).code;
	if (typeof code !== "string") return new TransportError("CONNECTION_FAILED");
	return new TransportError(code.startsWith("ERR_HTTP2_") ? "ECONNRESET" : code);
}

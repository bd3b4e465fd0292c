import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { type HttpResponse, MAX_ANSWER_BYTES, TransportError } from "./transport.ts";

/**
 * Reads the body of an answer, whose stream the caller destroys where this fails.
 * @throws {TransportError} it is cut short, or larger than any may be
 */
export function readBody(incoming: Readable): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		const chunks: Buffer[] = [];
		let size = 0;
		incoming.on("data", (chunk: Buffer) => {
			size += chunk.length;
			if (size > MAX_ANSWER_BYTES) reject(new TransportError("ANSWER_TOO_LARGE"));
			else chunks.push(chunk);
		});
		incoming.once("end", () => resolve(Buffer.concat(chunks)));
		incoming.on("error", (error: NodeJS.ErrnoException) =>
			reject(error.code === "ECONNRESET" ? new TransportError("ANSWER_CUT_SHORT") : error),
		);
		incoming.once("close", () => {
			if (!incoming.readableEnded) reject(new TransportError("ANSWER_CUT_SHORT"));
		});
	});
}

/** The answer that a status, headers and a whole body are. */
export function toResponse(
	status: number,
	{ "set-cookie": _cookies, ...headers }: IncomingHttpHeaders,
	body: Buffer,
): HttpResponse {
	// Node has joined all but cookies.
	const joined = headers as HttpResponse["headers"];
	return { status, headers: joined, text: isUtf8(body) ? body.toString("utf8") : "" };
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

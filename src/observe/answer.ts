import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";

/** What is said to a question. */
export interface Answer {
	readonly status: number;
	/** The content type of the text. */
	readonly type: string;
	readonly text: string;
	readonly headers?: Readonly<Record<string, string>>;
}

/** What can be asked for, by its path, and what is answered then. */
export type Endpoints = Readonly<Record<string, (query: URLSearchParams) => Promise<Answer> | Answer>>;

/** What a question is answered from. */
export interface Served {
	readonly endpoints: Endpoints;
	/** Whether the address is one that only this machine can ask, and whose browser can. */
	readonly isLoopback: boolean;
}

/** Answers a question; the connection ends with the answer. */
export async function answer(
	request: IncomingMessage,
	response: ServerResponse,
	served: Served,
): Promise<void> {
	const { headers, status, text, type } = await answerTo(request, served);
	response.writeHead(status, {
		"Content-Type": type,
		"Content-Length": Buffer.byteLength(text),
		Connection: "close",
		"Cache-Control": "no-store",
		"X-Content-Type-Options": "nosniff",
		...headers,
	});
	response.end(request.method === "HEAD" ? undefined : text);
}

async function answerTo({ headers, method, url = "" }: IncomingMessage, served: Served): Promise<Answer> {
	if (served.isLoopback && !isOwnName(headers.host)) return plain(421, "this host is asked by its address\n");
	if (method !== "GET" && method !== "HEAD")
		return { ...plain(405, "only GET and HEAD are understood\n"), headers: { Allow: "GET, HEAD" } };
	const [path = "", query] = url.split("?", 2);
	const endpoint = Object.hasOwn(served.endpoints, path) ? served.endpoints[path] : undefined;
	if (endpoint === undefined) return plain(404, `there is ${Object.keys(served.endpoints).join(" ")}\n`);
	try {
		return await endpoint(new URLSearchParams(query));
	} catch {
		// What went wrong may be said to whoever runs this, but not to whoever asks.
		return plain(500, "this is a bug of dsta-run\n");
	}
}

function plain(status: number, text: string): Answer {
	return { status, type: "text/plain; charset=utf-8", text };
}

// A page of somebody else whose name leads to this machine has the browser ask for it by that name.
function isOwnName(host: string | undefined): boolean {
	if (host === undefined || host === "") return true;
	const name = host.replace(/:\d*$/, "");
	return name === "localhost" || isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0;
}

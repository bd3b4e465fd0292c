import http, { type IncomingMessage } from "node:http";
import https from "node:https";

/** Whatever AWS answers, a batch of twenty secrets of 64 KiB each is far below. */
const MAX_ANSWER_BYTES = 10 * 1024 * 1024;

const MAX_SOCKETS = 16;

/** The part of a request of the SDK that is sent. */
interface SdkRequest {
	readonly method: string;
	readonly protocol: string;
	readonly hostname: string;
	readonly port?: number;
	readonly path: string;
	readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string | Uint8Array;
}

interface SdkResponse {
	readonly statusCode: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Uint8Array;
}

/** What the SDK wants of a transport. */
export interface HttpHandler {
	handle(request: SdkRequest, options?: { abortSignal?: AbortSignal }): Promise<{ response: SdkResponse }>;
	destroy(): void;
	updateHttpClientConfig(): void;
	httpHandlerConfigs(): Record<string, never>;
}

/**
 * The transport under the SDK: kept-alive connections, answers capped in size, and no header where NODE_DEBUG=http would
 * print it. The SDK follows no redirect, and neither does this.
 */
export function createHttpHandler(): HttpHandler {
	const options = { keepAlive: true, maxSockets: MAX_SOCKETS };
	const agents = { "http:": new http.Agent(options), "https:": new https.Agent(options) };
	return {
		handle(request, { abortSignal: signal } = {}) {
			const isPlain = request.protocol === "http:";
			const outgoing = (isPlain ? http : https).request({
				method: request.method,
				host: request.hostname.replace(/^\[(.*)\]$/, "$1"),
				port: request.port,
				path: `${request.path}${queryOf(request)}`,
				agent: isPlain ? agents["http:"] : agents["https:"],
				...(signal === undefined ? {} : { signal }),
			});
			return new Promise((resolve, reject) => {
				outgoing.once("error", reject);
				outgoing.once("response", (incoming) =>
					receive(incoming).then(
						(response) => resolve({ response }),
						(error) => {
							outgoing.destroy();
							reject(error);
						},
					),
				);
				// Not as an option of request(): NODE_DEBUG=http prints the options, and with them the session token.
				for (const [name, value] of Object.entries(request.headers)) outgoing.setHeader(name, value);
				outgoing.end(request.body);
			});
		},
		destroy() {
			agents["http:"].destroy();
			agents["https:"].destroy();
		},
		updateHttpClientConfig: () => undefined,
		httpHandlerConfigs: () => ({}),
	};
}

function queryOf({ query = {} }: SdkRequest): string {
	const pairs = Object.entries(query).flatMap(([name, value]) =>
		[value]
			.flat()
			.map((one) => `${encodeURIComponent(name)}${one === null ? "" : `=${encodeURIComponent(one)}`}`),
	);
	return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

async function receive(incoming: IncomingMessage): Promise<SdkResponse> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of incoming as AsyncIterable<Buffer>) {
		size += chunk.length;
		if (size > MAX_ANSWER_BYTES) throw failure("ANSWER_TOO_LARGE");
		chunks.push(chunk);
	}
	if (!incoming.complete) throw failure("ANSWER_CUT_SHORT");
	return {
		statusCode: incoming.statusCode as number,
		headers: Object.fromEntries(
			Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
		),
		body: Buffer.concat(chunks),
	};
}

function failure(code: string): Error {
	return Object.assign(new Error(code), { code });
}

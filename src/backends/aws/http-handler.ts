import type { HttpResponse, Transport } from "../transport.ts";

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
	readonly headers: HttpResponse["headers"];
	readonly body: Uint8Array;
}

/** What the SDK wants of a transport. */
export interface HttpHandler {
	handle(request: SdkRequest, options?: { abortSignal?: AbortSignal }): Promise<{ response: SdkResponse }>;
	destroy(): void;
	updateHttpClientConfig(): void;
	httpHandlerConfigs(): Record<string, never>;
}

/** Puts our transport under the SDK, which follows no redirect itself. */
export function createHttpHandler(transport: Transport): HttpHandler {
	return {
		async handle(request, { abortSignal: signal } = {}) {
			const { body, headers, method } = request;
			const { status, text, ...response } = await transport.send({
				method,
				url: urlOf(request),
				headers,
				body,
				signal,
			});
			return { response: { statusCode: status, headers: response.headers, body: Buffer.from(text) } };
		},
		destroy: () => transport.close(),
		updateHttpClientConfig: () => undefined,
		httpHandlerConfigs: () => ({}),
	};
}

function urlOf({ hostname, path, port, protocol, query = {} }: SdkRequest): URL {
	const pairs = Object.entries(query).flatMap(([name, value]) =>
		[value]
			.flat()
			.map((one) => `${encodeURIComponent(name)}${one === null ? "" : `=${encodeURIComponent(one)}`}`),
	);
	const search = pairs.length === 0 ? "" : `?${pairs.join("&")}`;
	return new URL(`${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}${search}`);
}

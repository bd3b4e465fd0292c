import { attempt, type TimedSignal, timeLeftMs } from "../deadline.ts";
import { type HttpResponse, type Transport, TransportError } from "../transport.ts";
import { AwsFault } from "./fault.ts";
import type { AwsSettings } from "./settings.ts";

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
	handle(request: SdkRequest, options?: { abortSignal?: TimedSignal }): Promise<{ response: SdkResponse }>;
	destroy(): void;
	updateHttpClientConfig(): void;
	httpHandlerConfigs(): Record<string, never>;
}

/** Puts our transport under the SDK, which follows no redirect itself. What it is asked is one attempt of a request. */
export function createHttpHandler(
	transport: Transport,
	{ attemptTimeoutMs }: Pick<AwsSettings, "attemptTimeoutMs">,
): HttpHandler {
	return {
		async handle(request, { abortSignal: outer = new AbortController().signal } = {}) {
			const { body, headers, method } = request;
			const limitMs = () => {
				if (isWrite(request)) return undefined;
				return attemptTimeoutMs ?? (isLast(request) ? undefined : timeLeftMs(outer) / 2);
			};
			const { status, text, ...response } = await attempt(
				(signal) => transport.send({ method, url: urlOf(request), headers, body, signal }),
				{ signal: outer, limitMs },
			).catch(retryable);
			return { response: { statusCode: status, headers: response.headers, body: Buffer.from(text) } };
		},
		destroy: () => transport.close(),
		updateHttpClientConfig: () => undefined,
		httpHandlerConfigs: () => ({}),
	};
}

// It is waited for, since nobody would know what became of it.
function isWrite({ headers }: SdkRequest): boolean {
	return /\.(?:CreateSecret|PutSecretValue)$/.test(headers["x-amz-target"] ?? "");
}

function isLast({ headers }: SdkRequest): boolean {
	const [, count, max] = /^attempt=(\d+); max=(\d+)$/.exec(headers["amz-sdk-request"] ?? "") ?? [];
	return count === max;
}

// By this name the SDK knows what may be asked again.
function retryable(error: unknown): never {
	if (!(error instanceof TransportError) || error.code !== "NO_ANSWER") throw error;
	throw Object.assign(new AwsFault("timeout", "no answer in time"), { name: "TimeoutError" });
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

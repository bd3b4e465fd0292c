import type { SecretValue } from "../backend.ts";
import { parseJson } from "../json.ts";
import { type HttpResponse, type Transport, TransportError } from "../transport.ts";

/**
 * `untaken`: only where the server has certainly not begun with it, for what would be done twice otherwise. `undone`: also where it
 * has taken all back, for what it does in its own storage alone.
 */
export type Repeat = "always" | "undone" | "untaken" | "never";

/** A request in the words of Vault's API: `path` follows `/v1/` and is percent-encoded already. */
export interface ApiRequest {
	readonly method: "GET" | "POST" | "PATCH";
	readonly path: string;
	readonly namespace: string;
	readonly body?: SecretValue | undefined;
	/** After which failures it may be sent again; if nobody says, a GET `always`, all else `never`. */
	readonly repeat?: Repeat;
	/** A token that it is sent with in place of the client's own. */
	readonly token?: string | undefined;
	/** What it holds beside the token that no answer may show. */
	readonly hidden?: readonly string[] | undefined;
	readonly signal: AbortSignal;
}

export interface ApiResponse {
	readonly status: number;
	/** The parsed body; `undefined` when it is no JSON object. */
	readonly body: { readonly [key: string]: SecretValue } | undefined;
	readonly headers: HttpResponse["headers"];
	/** Of a redirect to another origin: that origin. The token was not sent there. */
	readonly redirectedTo?: string | undefined;
}

/** After which failures a request may be sent again. */
export function repeatOf({ method, repeat }: Pick<ApiRequest, "method" | "repeat">): Repeat {
	return repeat ?? (method === "GET" ? "always" : "never");
}

/** The errors that a Vault answer lists; `undefined` when it is not an answer in Vault's words. */
export function errorsOf({ body }: ApiResponse): readonly string[] | undefined {
	const errors = body?.errors;
	return Array.isArray(errors) ? errors.map(String) : undefined;
}

export interface VaultClient {
	/** @throws {TransportError} no whole answer came; the signal's reason when it aborts */
	request(request: ApiRequest): Promise<ApiResponse>;
	/** Sends requests with a token from now on; until then they go without one. */
	useToken(token: string): void;
}

export interface ClientOptions {
	/** The server's address without a trailing slash. */
	readonly address: string;
	readonly transport: Transport;
}

/**
 * Makes a client out of node-vault, whose own HTTP client is replaced by `transport` through the seam that it has for that
 * (`request-promise`), and whose answers come back as they are instead of as errors that hold them.
 */
export async function createVaultClient(options: ClientOptions): Promise<VaultClient> {
	const { default: createNodeVault } = await import("node-vault");
	const send = (request: NodeVaultRequest) => sendOnce(options.transport, request);
	const nodeVault = createNodeVault({
		endpoint: options.address,
		// Its commands for Vault's administration, and its debug output, which prints what is written.
		commands: {},
		debug: () => undefined,
		tv4: Object.assign(() => true, { validate: () => true }),
		"request-promise": { defaults: () => send },
	}) as unknown as NodeVaultClient;
	nodeVault.handleVaultResponse = async (response) => response;
	// These would otherwise come from the environment past our own rules.
	nodeVault.token = "";
	nodeVault.pathPrefix = "";
	nodeVault.namespace = "";
	return {
		async request({ hidden = [], token = nodeVault.token, ...request }) {
			const { body, method, namespace, path, signal } = request;
			const response = await nodeVault.request({
				method,
				path: `/${path}`,
				json: body ?? true,
				headers: {
					Accept: "application/json",
					"X-Vault-Request": "true",
					...(namespace === "" ? {} : { "X-Vault-Namespace": namespace }),
					...(token === "" ? {} : { "X-Vault-Token": token }),
				},
				isRepeatable: repeatOf(request) === "always",
				signal,
			});
			return withoutCredentials(response, [token, ...hidden]);
		},
		useToken(token) {
			nodeVault.token = token;
		},
	};
}

interface NodeVaultRequest {
	readonly method: string;
	readonly path: string;
	readonly uri?: string;
	readonly json: SecretValue;
	readonly headers: Record<string, string>;
	readonly isRepeatable: boolean;
	readonly signal: AbortSignal;
}

/** What we use of node-vault's client; its own types claim axios's. */
interface NodeVaultClient {
	request(request: NodeVaultRequest): Promise<ApiResponse>;
	handleVaultResponse: (response: ApiResponse) => Promise<ApiResponse>;
	token: string;
	pathPrefix: string;
	namespace: string;
}

async function sendOnce(transport: Transport, request: NodeVaultRequest): Promise<ApiResponse> {
	const url = new URL(request.uri as string);
	const body = typeof request.json === "object" ? JSON.stringify(request.json) : undefined;
	const type = request.method === "PATCH" ? "application/merge-patch+json" : "application/json";
	const headers = body === undefined ? request.headers : { ...request.headers, "Content-Type": type };
	const { isRepeatable, method, signal } = request;
	const ask = (to: URL) => transport.send({ method, url: to, headers, body, isRepeatable, signal });
	const response = await ask(url);
	const next = redirectOf(response, url);
	if (next === undefined) return toApiResponse(response);
	if (next.origin !== url.origin) return { ...toApiResponse(response), redirectedTo: next.origin };
	const second = await ask(next);
	if (redirectOf(second, next) !== undefined) throw new TransportError("TOO_MANY_REDIRECTS");
	return toApiResponse(second);
}

function redirectOf(response: HttpResponse, from: URL): URL | undefined {
	const { location } = response.headers;
	if (response.status < 300 || response.status > 399 || location === undefined) return undefined;
	const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
	if (to === undefined || !/^https?:$/.test(to.protocol)) throw new TransportError("BAD_REDIRECT");
	return to;
}

// What Vault says of a request and where it sends it is shown to people, and what stands in between may repeat the request's
// headers, a host name in other letters.
function withoutCredentials(response: ApiResponse, credentials: readonly string[]): ApiResponse {
	const errors = errorsOf(response);
	if (errors === undefined && response.redirectedTo === undefined) return response;
	const texts = credentials.filter((text) => text !== "").map((text) => text.replace(/\W/g, "\\$&"));
	if (texts.length === 0) return response;
	const pattern = new RegExp(texts.join("|"), "gi");
	const hide = (text: string) => text.replace(pattern, "…");
	return {
		...response,
		...(errors === undefined ? {} : { body: { ...response.body, errors: errors.map(hide) } }),
		redirectedTo: response.redirectedTo === undefined ? undefined : hide(response.redirectedTo),
	};
}

function toApiResponse({ status, headers, text }: HttpResponse): ApiResponse {
	const body = parseObject(text);
	// What a server with TLS says to a request without: Go's "Client sent an HTTP request to an HTTPS server", nginx's alike.
	if (status === 400 && body === undefined && /\bHTTPS (?:server|port)\b/.test(text))
		throw new TransportError("TLS_EXPECTED");
	return { status, headers, body };
}

function parseObject(text: string): ApiResponse["body"] {
	try {
		const value = parseJson(text);
		return typeof value === "object" && value !== null && !Array.isArray(value)
			? (value as ApiResponse["body"])
			: undefined;
	} catch {
		return undefined;
	}
}

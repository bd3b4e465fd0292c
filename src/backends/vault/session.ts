import type { DstaError } from "../../errors.ts";
import type { BackendContext } from "../backend.ts";
import { openTransport } from "../open-transport.ts";
import { type Transport, TransportError } from "../transport.ts";
import { type ApiRequest, type ApiResponse, createVaultClient } from "./client.ts";
import { loadConnection } from "./connection-settings.ts";
import { failureOf, type Target } from "./failure.ts";
import type { KvVersion } from "./kv.ts";
import { mapsPerSignal } from "./per-signal.ts";
import { type Outcome, withRetries } from "./retry.ts";
import type { VaultSettings } from "./settings.ts";
import { findToken } from "./token.ts";
import { timeoutFailure, transportFailure } from "./unavailable.ts";

/** A logged-in connection to one server, and what was learnt about it. */
export interface Session {
	readonly settings: VaultSettings;
	readonly transport: Transport;
	/** The engine versions that were found out, by namespace and mount. */
	readonly engines: Map<string, KvVersion>;
	/** The questions for engine versions under a signal, by namespace and mount; `undefined`: the server does not say. */
	lookups(signal: AbortSignal): Map<string, Promise<KvVersion | undefined>>;
	/**
	 * Asks Vault's API; reads are retried.
	 * @throws {DstaError} DSTA_UNAVAILABLE or DSTA_TIMEOUT no answer came
	 */
	ask(target: Target, request: ApiRequest): Promise<ApiResponse>;
}

const MAX_SOCKETS = { "http:": 32, "https:": 12 };

/**
 * Loads the client and finds the token. Nothing is sent yet.
 * @throws {DstaError} DSTA_UNAVAILABLE there is no token · DSTA_CONFIG it cannot be one
 */
export async function openSession(context: BackendContext, settings: VaultSettings): Promise<Session> {
	const token = findToken(context, settings.address);
	const { proxy, tls } = await loadConnection(context, settings);
	const { socketPath } = settings;
	const transport = await openTransport({
		maxSockets: MAX_SOCKETS,
		http2: true,
		onSent: context.onSent,
		tls,
		proxyFor: proxy && (() => proxy),
		socketPath,
	});
	const address = socketPath === undefined ? settings.address : "http://localhost";
	const client = await createVaultClient({ address, token, transport });
	return {
		settings: { ...settings, proxy },
		transport,
		engines: new Map(),
		lookups: mapsPerSignal(),
		async ask(target, request) {
			const { method, signal } = request;
			const send = () => client.request(request);
			let earlier: Outcome | undefined;
			const onRetry = (outcome: Outcome) => {
				earlier = outcome;
			};
			try {
				return await (method === "POST" ? send() : withRetries(send, { signal, onRetry }));
			} catch (error) {
				if (error instanceof TransportError) throw transportFailure(error, target);
				if (signal.aborted) throw timeoutFailure(target, earlier && failureAfter(earlier, target));
				throw error;
			}
		},
	};
}

function failureAfter(outcome: Outcome, target: Target): DstaError {
	return outcome instanceof TransportError ? transportFailure(outcome, target) : failureOf(outcome, target);
}

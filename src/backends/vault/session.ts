import type { DstaError } from "../../errors.ts";
import type { BackendContext } from "../backend.ts";
import { createCircuit } from "../circuit.ts";
import { timeLeftMs } from "../deadline.ts";
import { openTransport } from "../open-transport.ts";
import { perSignal } from "../per-signal.ts";
import { type Transport, TransportError } from "../transport.ts";
import { type ApiRequest, type ApiResponse, createVaultClient } from "./client.ts";
import { failureOf, type Target } from "./failure.ts";
import type { KvVersion } from "./kv.ts";
import { readPersistence } from "./persistence.ts";
import { isTransient, type Outcome, withRetries } from "./retry.ts";
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
	 * Asks Vault's API; what may be sent again is.
	 * @throws {DstaError} DSTA_UNAVAILABLE or DSTA_TIMEOUT no answer came
	 */
	ask(target: Target, request: ApiRequest): Promise<ApiResponse>;
}

const MAX_SOCKETS = { "http:": 32, "https:": 12 };

/**
 * Loads the client and finds the token. Nothing is sent yet.
 * @throws {DstaError} DSTA_UNAVAILABLE there is no token · DSTA_CONFIG it cannot be one, or the number of retries is none
 */
export async function openSession(context: BackendContext, settings: VaultSettings): Promise<Session> {
	const token = findToken(context, settings.address);
	const persistence = readPersistence(context);
	const transport = await openTransport({ maxSockets: MAX_SOCKETS, onSent: context.onSent });
	const client = await createVaultClient({ address: settings.address, token, transport });
	const circuits = perSignal((signal) =>
		createCircuit<Outcome>(signal, { max: MAX_SOCKETS[settings.protocol], isFailure }),
	);
	return {
		settings,
		transport,
		engines: new Map(),
		lookups: perSignal(() => new Map()),
		async ask(target, request) {
			const { method, repeat = method === "GET" ? "always" : "never", signal: outer } = request;
			let earlier: Outcome | undefined;
			const options = {
				...persistence,
				repeat,
				timeLeftMs: () => timeLeftMs(outer),
				onRetry: (outcome: Outcome) => {
					earlier = outcome;
				},
			};
			const outcome = await circuits(outer)((ended) =>
				withRetries((signal) => client.request({ ...request, signal }), { ...options, signal: ended }),
			).catch((error) => {
				if (outer.aborted) throw timeoutFailure(target, earlier && failureAfter(earlier, target));
				throw error;
			});
			if (outcome instanceof TransportError) throw transportFailure(outcome, target);
			return outcome;
		},
	};
}

function isFailure(outcome: Outcome): boolean {
	return outcome instanceof TransportError || isTransient(outcome);
}

function failureAfter(outcome: Outcome, target: Target): DstaError {
	return outcome instanceof TransportError ? transportFailure(outcome, target) : failureOf(outcome, target);
}

import type { DstaError } from "../../errors.ts";
import type { BackendContext } from "../backend.ts";
import { createCircuit } from "../circuit.ts";
import { timeLeftMs } from "../deadline.ts";
import { openTransport } from "../open-transport.ts";
import { perSignal } from "../per-signal.ts";
import { type Transport, TransportError } from "../transport.ts";
import { type ApiRequest, type ApiResponse, createVaultClient } from "./client.ts";
import { loadConnection } from "./connection-settings.ts";
import { failureOf, type Target } from "./failure.ts";
import type { KvVersion } from "./kv.ts";
import type { Login } from "./login/login.ts";
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
	 * Asks Vault's API, logged in; what may be sent again is.
	 * @throws {DstaError} DSTA_UNAVAILABLE or DSTA_TIMEOUT no answer came · what `Login.done` throws
	 */
	ask(target: Target, request: ApiRequest): Promise<ApiResponse>;
	/** How this session comes by its token, where it was not given one. */
	readonly login?: Login;
}

const MAX_SOCKETS = { "http:": 32, "https:": 12 };
/** Under way at once: HTTP/2 has room for them in one connection. */
const MAX_QUESTIONS = 32;

/**
 * Loads the client and finds the token, or how to log in, which the first question does. Nothing is sent yet.
 * @throws {DstaError} DSTA_UNAVAILABLE there is no token · DSTA_CONFIG it cannot be one, half a login is configured, or the
 * number of retries is none
 */
export async function openSession(context: BackendContext, given: VaultSettings): Promise<Session> {
	const token = findToken(context, given.address);
	const persistence = readPersistence(context);
	const { proxy, tls } = await loadConnection(context, given);
	const settings = { ...given, proxy };
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
	const client = await createVaultClient({ address, transport });
	const circuits = perSignal((signal) => createCircuit<Outcome>(signal, { max: MAX_QUESTIONS, isFailure }));
	const exchange: Session["ask"] = async (target, request) => {
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
	};
	const session: Session = {
		settings,
		transport,
		engines: new Map(),
		lookups: perSignal(() => new Map()),
		ask: exchange,
	};
	if (token !== undefined) {
		client.useToken(token);
		return session;
	}
	const { createLogin } = await import("./login/login.ts");
	const login = createLogin({ context, exchange, settings, useToken: client.useToken });
	return {
		...session,
		login,
		async ask(target, request) {
			await login.done(request.signal);
			return exchange(target, request);
		},
	};
}

function isFailure(outcome: Outcome): boolean {
	return outcome instanceof TransportError || isTransient(outcome);
}

function failureAfter(outcome: Outcome, target: Target): DstaError {
	return outcome instanceof TransportError ? transportFailure(outcome, target) : failureOf(outcome, target);
}

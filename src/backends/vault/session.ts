import type { DstaError } from "../../errors.ts";
import type { BackendContext } from "../backend.ts";
import { createCircuit } from "../circuit.ts";
import { timeLeftMs } from "../deadline.ts";
import { openTransport } from "../open-transport.ts";
import { perSignal } from "../per-signal.ts";
import { type Transport, TransportError } from "../transport.ts";
import {
	type ApiRequest,
	type ApiResponse,
	createVaultClient,
	repeatOf,
	type VaultClient,
} from "./client.ts";
import { loadConnection } from "./connection-settings.ts";
import { failureOf, type Target } from "./failure.ts";
import type { KvVersion } from "./kv.ts";
import type { Login } from "./login/login.ts";
import { readPersistence } from "./persistence.ts";
import { createPauses, isTransient, type Outcome, withRetries } from "./retry.ts";
import type { VaultSettings } from "./settings.ts";
import { findToken, foundToken, type Tokens } from "./token.ts";
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
	 * Asks Vault's API, logged in; what may be sent again is. Where the token turns out to be over, another one is used if there is.
	 * @throws {DstaError} DSTA_UNAVAILABLE or DSTA_TIMEOUT no answer came · what `Tokens` throw
	 */
	ask(target: Target, request: ApiRequest): Promise<ApiResponse>;
	/**
	 * Asks with the token in use, even if it is over.
	 * @throws {DstaError} DSTA_UNAVAILABLE or DSTA_TIMEOUT no answer came
	 */
	exchange(target: Target, request: ApiRequest): Promise<ApiResponse>;
	/** Whether the token in use is none any more. */
	isTokenOver(signal: AbortSignal): Promise<boolean>;
	/** How this session comes by its token, where it was not given one. */
	readonly login?: Login;
}

const MAX_SOCKETS = { "http:": 32, "https:": 12 };
/** Under way at once: HTTP/2 has room for them in one connection. */
const MAX_QUESTIONS = 32;

/**
 * Loads the client and finds the token, or how to log in, which the first question does. Nothing is sent yet. `onToken` hears of
 * each token that is taken into use later.
 * @throws {DstaError} DSTA_UNAVAILABLE there is no token · DSTA_CONFIG it cannot be one, half a login is configured, or the
 * number of retries is none
 */
export async function openSession(
	context: BackendContext,
	given: VaultSettings,
	onToken: () => void = () => undefined,
): Promise<Session> {
	const token = findToken(context, given.address);
	const { client, exchange, settings, transport } = await openConnection(context, given);
	const useToken = (another: string) => {
		client.useToken(another);
		onToken();
	};
	let login: Login | undefined;
	let tokens: Tokens;
	if (token !== undefined) {
		client.useToken(token);
		tokens = foundToken(token, { context, address: settings.address, useToken });
	} else {
		const { createLogin } = await import("./login/login.ts");
		login = createLogin({ context, exchange, settings, useToken });
		tokens = login;
	}
	return {
		settings: login === undefined ? settings : { ...settings, tokenNamespace: login.namespace },
		transport,
		engines: new Map(),
		lookups: perSignal(() => new Map()),
		exchange,
		async ask(target, request) {
			const { signal } = request;
			const used = await tokens.current(signal);
			const response = await exchange(target, request);
			if (response.status !== 403) return response;
			const another = await tokens.after(used, signal);
			return another === undefined ? response : exchange(target, request);
		},
		isTokenOver: perSignal(async (signal) => {
			const { isTokenOver } = await import("./token-life.ts");
			const { namespace } = login ?? settings;
			return isTokenOver({ exchange, settings: { ...settings, namespace }, signal });
		}),
		...(login === undefined ? {} : { login }),
	};
}

/** A connection to one server that nobody has logged in by yet. */
export interface Connection extends Pick<Session, "settings" | "transport" | "exchange"> {
	readonly client: VaultClient;
}

/**
 * Loads the client; nothing is sent yet.
 * @throws {DstaError} DSTA_CONFIG a certificate, the proxy or the number of retries makes no sense
 */
export async function openConnection(context: BackendContext, given: VaultSettings): Promise<Connection> {
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
	const pauses = perSignal(() => createPauses());
	const exchange: Session["ask"] = async (target, request) => {
		const { signal: outer } = request;
		const repeat = repeatOf(request);
		let earlier: Outcome | undefined;
		const options = {
			...persistence,
			repeat,
			timeLeftMs: () => timeLeftMs(outer),
			pauseMs: pauses(outer),
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
	return { client, exchange, settings, transport };
}

function isFailure(outcome: Outcome): boolean {
	return outcome instanceof TransportError || isTransient(outcome);
}

function failureAfter(outcome: Outcome, target: Target): DstaError {
	return outcome instanceof TransportError ? transportFailure(outcome, target) : failureOf(outcome, target);
}

import type { Backend } from "../backends/backend.ts";
import type { BackendName } from "../backends/registry.ts";
import { now } from "../clock.ts";
import { DstaError } from "../errors.ts";
import { DEFAULT_BACKEND_TIMEOUT_MS } from "../resolve/chain.ts";
import { startTimeLimit } from "../resolve/time-limit.ts";
import { unconfigured } from "../resolve/unconfigured.ts";
import { checkMs } from "./milliseconds.ts";

/** What a manager shows of a backend. */
export interface SecretBackend {
	/** The name that chains, maps and messages know it by. */
	readonly name: string;
	/** Where it asks, for messages: an address, a region, a file. */
	readonly description: string;
	/**
	 * Whether it is configured, answers, and accepts our credentials.
	 * @throws {DstaError} DSTA_USAGE an option makes no sense
	 */
	isAvailable(options?: AvailabilityOptions): Promise<boolean>;
	/**
	 * Asks the same, and says what is wrong.
	 * @throws {DstaError} DSTA_USAGE an option makes no sense · DSTA_CONFIG, DSTA_DENIED, DSTA_UNAVAILABLE or DSTA_TIMEOUT
	 */
	check(options?: AvailabilityOptions): Promise<void>;
}

/** How long a check may take. */
export interface AvailabilityOptions {
	/** Ends the check. */
	readonly signal?: AbortSignal;
	/** In milliseconds; 10 000 by default. */
	readonly timeoutMs?: number;
}

/** A backend; why it could not be made; or `undefined` where nothing configures it. */
type Made = Backend | DstaError | undefined;

/** Shows a backend by its name, also where there is none. */
export function describeBackend(name: string, backend: Made): SecretBackend {
	return {
		name,
		description: descriptionOf(backend),
		check: (options) => checkBackend(name, backend, options),
		isAvailable: (options) => isAvailable(name, backend, options),
	};
}

function descriptionOf(backend: Made): string {
	if (backend === undefined) return "not configured";
	return backend instanceof DstaError ? "could not be made" : backend.description;
}

async function checkBackend(
	name: string,
	backend: Made,
	{ signal, timeoutMs = DEFAULT_BACKEND_TIMEOUT_MS }: AvailabilityOptions = {},
): Promise<void> {
	checkMs("timeoutMs", timeoutMs);
	if (backend === undefined) throw unconfigured(name as BackendName, "The secret manager asks for", "");
	if (backend instanceof DstaError) throw backend;
	const timeLimit = startTimeLimit(backend, {
		ownMs: timeoutMs,
		deadline: now() + timeoutMs,
		isFollowed: false,
		outer: signal,
	});
	try {
		await timeLimit.bound(backend.check(timeLimit.signal));
	} finally {
		timeLimit.clear();
	}
}

async function isAvailable(
	name: string,
	backend: Made,
	options: AvailabilityOptions | undefined,
): Promise<boolean> {
	checkMs("timeoutMs", options?.timeoutMs);
	try {
		await checkBackend(name, backend, options);
		return true;
	} catch (error) {
		if (error instanceof DstaError) return false;
		throw error;
	}
}

import { setTimeout as sleep } from "node:timers/promises";
import { TransportError } from "../transport.ts";
import type { ApiResponse } from "./client.ts";

const ATTEMPTS = 3;
const FIRST_DELAY_MS = 100;
/** A server that wants to be left alone for longer is not asked again. */
const MAX_RETRY_AFTER_MS = 5000;

/** What became of one attempt. */
export type Outcome = ApiResponse | TransportError;

export interface RetryOptions {
	readonly signal: AbortSignal;
	/** Otherwise another attempt is made only where no connection came about. */
	readonly isRepeatable: boolean;
	/** Hears of each outcome after which another attempt is made. */
	readonly onRetry: (outcome: Outcome) => void;
}

/**
 * Sends a request up to three times: again after a connection error, 412, 429 or 5xx, with exponential full jitter between,
 * after what Retry-After asks for.
 * @throws {TransportError} the last attempt got no answer; the signal's reason when it aborts
 */
export async function withRetries(
	send: () => Promise<ApiResponse>,
	{ isRepeatable, onRetry, signal }: RetryOptions,
): Promise<ApiResponse> {
	const mayHelp = isRepeatable ? isTransient : isUnsent;
	for (let attempt = 1; ; attempt++) {
		const outcome = await outcomeOf(send);
		const waitMs = retryAfterMs(outcome) ?? 0;
		if (attempt === ATTEMPTS || !mayHelp(outcome) || waitMs > MAX_RETRY_AFTER_MS) {
			if (outcome instanceof TransportError) throw outcome;
			return outcome;
		}
		onRetry(outcome);
		const jitterMs = Math.random() * FIRST_DELAY_MS * 2 ** (attempt - 1);
		await sleep(waitMs + jitterMs, undefined, { signal });
	}
}

/** How long a server asks to be left alone, by a number of seconds or a date. */
export function retryAfterMs(outcome: Outcome): number | undefined {
	const text = outcome instanceof TransportError ? undefined : outcome.headers["retry-after"];
	if (text === undefined) return undefined;
	const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
	return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

async function outcomeOf(send: () => Promise<ApiResponse>): Promise<Outcome> {
	try {
		return await send();
	} catch (error) {
		if (error instanceof TransportError) return error;
		throw error;
	}
}

function isTransient(outcome: Outcome): boolean {
	if (outcome instanceof TransportError) return TRANSIENT_CODES.has(outcome.code);
	return outcome.status === 412 || outcome.status === 429 || outcome.status >= 500;
}

function isUnsent(outcome: Outcome): boolean {
	return outcome instanceof TransportError && UNCONNECTED_CODES.has(outcome.code);
}

const UNCONNECTED_CODES: ReadonlySet<string> = new Set([
	"ECONNREFUSED",
	"EHOSTUNREACH",
	"ENETUNREACH",
	"ENOTFOUND",
	"EAI_AGAIN",
]);

// What TLS or HTTP itself finds wrong stays wrong.
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
	...UNCONNECTED_CODES,
	"ECONNRESET",
	"EPIPE",
	"ETIMEDOUT",
	"ANSWER_CUT_SHORT",
]);

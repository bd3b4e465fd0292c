import { setTimeout as sleep } from "node:timers/promises";
import { attempt } from "../deadline.ts";
import { TransportError } from "../transport.ts";
import type { ApiResponse, Repeat } from "./client.ts";
import type { Persistence } from "./persistence.ts";

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2000;

/** What became of one attempt. */
export type Outcome = ApiResponse | TransportError;

export interface RetryOptions extends Persistence {
	readonly signal: AbortSignal;
	readonly repeat: Repeat;
	/** The time until the signal comes, as far as it is known. */
	readonly timeLeftMs: () => number;
	/** Hears of each outcome after which another attempt is made. */
	readonly onRetry: (outcome: Outcome) => void;
}

/**
 * Sends a request, and again after a connection error, 412, 429 or 5xx: with exponential full jitter between, after what
 * Retry-After asks for, and never where the time would be over before. Answers the last outcome.
 * @throws the signal's reason when it aborts
 */
export async function withRetries(
	send: (signal: AbortSignal) => Promise<ApiResponse>,
	options: RetryOptions,
): Promise<Outcome> {
	const { onRetry, repeat, retries, signal, timeLeftMs } = options;
	for (let retry = 0; ; retry++) {
		const limitMs = () => attemptLimitMs(options, { isLast: retry === retries });
		const outcome = await attempt(send, { signal, limitMs }).catch(outcomeOf);
		if (retry === retries || !MAY_REPEAT[repeat](outcome)) return outcome;
		const pauseMs = (retryAfterMs(outcome) ?? 0) + jitterMs(retry);
		if (pauseMs >= timeLeftMs()) return outcome;
		onRetry(outcome);
		await sleep(pauseMs, undefined, { signal });
	}
}

/** What a retry waits for beside what the server asks for: by chance, up to a limit that doubles. */
export function jitterMs(retry: number, random: () => number = Math.random): number {
	return random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** retry);
}

function outcomeOf(error: unknown): TransportError {
	if (error instanceof TransportError) return error;
	throw error;
}

/** How long a server asks to be left alone, by a number of seconds or a date. */
export function retryAfterMs(outcome: Outcome): number | undefined {
	const text = outcome instanceof TransportError ? undefined : outcome.headers["retry-after"];
	if (text === undefined) return undefined;
	const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
	return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** Whether another attempt may end better. */
export function isTransient(outcome: Outcome): boolean {
	if (outcome instanceof TransportError) return TRANSIENT_CODES.has(outcome.code);
	return outcome.status === 412 || outcome.status === 429 || outcome.status >= 500;
}

function isUntaken(outcome: Outcome): boolean {
	if (outcome instanceof TransportError) return UNSENT_CODES.includes(outcome.code);
	return outcome.status === 412 || outcome.status === 429;
}

const MAY_REPEAT: Readonly<Record<Repeat, (outcome: Outcome) => boolean>> = {
	always: isTransient,
	untaken: isUntaken,
	never: () => false,
};

// There was no connection to send it over.
const UNSENT_CODES = ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"];

// What TLS or HTTP itself finds wrong stays wrong.
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
	...UNSENT_CODES,
	"ECONNRESET",
	"EPIPE",
	"ETIMEDOUT",
	"ANSWER_CUT_SHORT",
	"NO_ANSWER",
]);

// What may not be sent again is waited for, since nobody would know what became of it.
function attemptLimitMs(
	{ attemptTimeoutMs, repeat, timeLeftMs }: RetryOptions,
	{ isLast }: { readonly isLast: boolean },
): number | undefined {
	if (repeat !== "always") return undefined;
	return attemptTimeoutMs ?? (isLast ? undefined : timeLeftMs() / 2);
}

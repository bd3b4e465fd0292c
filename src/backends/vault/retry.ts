import { setTimeout as sleep } from "node:timers/promises";
import { attempt } from "../deadline.ts";
import { TransportError } from "../transport.ts";
import { type ApiResponse, errorsOf, type Repeat } from "./client.ts";
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
	/** What a retry waits for, in milliseconds, beside what the server asks for. */
	readonly pauseMs: (retry: number) => number;
	/** Hears of each outcome after which another attempt is made. */
	readonly onRetry: (outcome: Outcome) => void;
}

/** How often a request is sent again that lost to another: of several at once one succeeds each time. */
const UNDONE_RETRIES = 12;

/**
 * Sends a request, and again after a connection error, 412, 429 or 5xx: with a pause between, after what
 * Retry-After asks for, and never where the time would be over before. That it lost to another is counted apart. Answers the last
 * outcome.
 * @throws the signal's reason when it aborts
 */
export async function withRetries(
	send: (signal: AbortSignal) => Promise<ApiResponse>,
	options: RetryOptions,
): Promise<Outcome> {
	const { onRetry, pauseMs, repeat, retries, signal, timeLeftMs } = options;
	let retry = 0;
	let undone = 0;
	for (;;) {
		const limitMs = () => attemptLimitMs(options, { isLast: retry === retries });
		const outcome = await attempt(send, { signal, limitMs }).catch(outcomeOf);
		const isAnother = CAN_BE_UNDONE.includes(repeat) && undone < UNDONE_RETRIES && isUndone(outcome);
		if (!isAnother && (retry === retries || !MAY_REPEAT[repeat](outcome))) return outcome;
		const wholeMs = (retryAfterMs(outcome) ?? 0) + pauseMs(isAnother ? undone++ : retry++);
		if (wholeMs >= timeLeftMs()) return outcome;
		onRetry(outcome);
		await sleep(wholeMs, undefined, { signal });
	}
}

/**
 * The pauses before the retries of all requests of one process: by chance, up to a limit that doubles, and the same for requests that
 * failed as often. Of many processes that a server refuses at once, some then come back before others with all that they ask for; if
 * each request had a pause of its own, all processes would wait for the last of theirs, and be refused together again.
 */
export function createPauses(random: () => number = Math.random): (retry: number) => number {
	const pausesMs: number[] = [];
	return (retry) => (pausesMs[retry] ??= random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** retry));
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

// What OpenBao says to one of two who change the same at the same time, such as how often a secret_id may still be used: nothing of
// it was kept.
function isUndone(outcome: Outcome): boolean {
	if (outcome instanceof TransportError || outcome.status !== 500) return false;
	return errorsOf(outcome)?.[0] === "transaction commit failed";
}

const MAY_REPEAT: Readonly<Record<Repeat, (outcome: Outcome) => boolean>> = {
	always: isTransient,
	undone: isUntaken,
	untaken: isUntaken,
	never: () => false,
};

const CAN_BE_UNDONE: readonly Repeat[] = ["always", "undone"];

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

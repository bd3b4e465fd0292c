import type { Backend } from "../backends/backend.ts";
import { startTimer, type TimedSignal } from "../backends/deadline.ts";
import { now } from "../clock.ts";
import { DstaError } from "../errors.ts";

/** The time that a backend has for a group of questions. */
export interface TimeLimit {
	readonly signal: AbortSignal;
	/** The answer, or a DSTA_TIMEOUT when the backend does not stop by itself at the signal. */
	bound<T>(answer: Promise<T>): Promise<T>;
	clear(): void;
}

export interface TimeLimitOptions {
	/** What the backend may take at most. */
	readonly ownMs: number;
	/** The end of the whole resolution, on the clock of `now`. */
	readonly deadline: number;
	/** Whether another backend may have to be asked after it: then half of what is left is kept for that one. */
	readonly isFollowed: boolean;
	/** The caller's own signal. */
	readonly outer: AbortSignal | undefined;
}

/** Starts the time of a backend; to be cleared when it has answered. */
export function startTimeLimit(
	backend: Backend,
	{ deadline, isFollowed, outer, ownMs }: TimeLimitOptions,
): TimeLimit {
	const controller = new AbortController();
	const signal: TimedSignal = controller.signal;
	const abort = () => controller.abort();
	let limitMs = ownMs;
	let stopTimer = () => {};
	// It begins when the requests are out: the time that we took ourselves, to load clients, is not the backend's.
	const turn = setImmediate(() => {
		const leftMs = Math.max(0, deadline - now());
		limitMs = Math.min(ownMs, isFollowed ? leftMs / 2 : leftMs);
		signal.endsAt = now() + limitMs;
		stopTimer = startTimer(limitMs, abort);
	});
	outer?.addEventListener("abort", abort, { once: true });
	if (outer?.aborted) abort();
	const expired = new Promise<never>((_, reject) => {
		// A turn later, so that the backend's own words for it come first.
		controller.signal.addEventListener("abort", () =>
			setTimeout(() => reject(timeoutError(backend, limitMs)), 20),
		);
	});
	expired.catch(() => undefined);
	return {
		signal,
		bound: (answer) => Promise.race([answer, expired]),
		clear() {
			clearImmediate(turn);
			stopTimer();
			outer?.removeEventListener("abort", abort);
		},
	};
}

function timeoutError({ name, description }: Backend, limitMs: number): DstaError {
	const seconds = (limitMs / 1000).toFixed(1).replace(/\.0$/, "");
	return new DstaError(
		"DSTA_TIMEOUT",
		`${name} not available: no answer within ${seconds}s (${description})`,
		{
			backend: name,
			cure: `Check that ${description} is reachable from here, or raise ${name}.timeout in the map or --timeout.`,
		},
	);
}

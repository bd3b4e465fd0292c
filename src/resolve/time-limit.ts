import type { Backend } from "../backends/backend.ts";
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
	readonly now: () => number;
}

/** So late a timer comes where this process was stopped or starved. */
const LATE_MS = 20;
const GRACE_MS = 100;

/** Starts the time of a backend; to be cleared when it has answered. */
export function startTimeLimit(
	backend: Backend,
	{ deadline, isFollowed, now, outer, ownMs }: TimeLimitOptions,
): TimeLimit {
	const controller = new AbortController();
	const abort = () => controller.abort();
	let limitMs = ownMs;
	let timer: NodeJS.Timeout | undefined;
	// It begins when the requests are out: the time that we took ourselves, to load clients, is not the backend's.
	let turn = setImmediate(() => {
		const leftMs = Math.max(0, deadline - now());
		limitMs = Math.min(ownMs, isFollowed ? leftMs / 2 : leftMs);
		const end = now() + limitMs;
		timer = setTimeout(() => {
			// An answer that has come in while this process was kept from running still counts, and may have to be read by a thread.
			if (now() - end > LATE_MS) timer = setTimeout(abort, GRACE_MS);
			else turn = setImmediate(abort);
		}, limitMs);
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
		signal: controller.signal,
		bound: (answer) => Promise.race([answer, expired]),
		clear() {
			clearImmediate(turn);
			clearTimeout(timer);
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

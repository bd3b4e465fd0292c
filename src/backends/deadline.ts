import { now } from "../clock.ts";

/** Ends a wait; where time alone will do so, `endsAt` says when, on the clock of now(). */
export interface TimedSignal extends AbortSignal {
	endsAt?: number | undefined;
}

/** A signal that is aborted after a time. */
export function signalAfter(ms: number): TimedSignal {
	return Object.assign(AbortSignal.timeout(ms), { endsAt: now() + ms });
}

/** The time until a signal is aborted; without end where nobody knows. */
export function timeLeftMs({ endsAt = Number.POSITIVE_INFINITY }: TimedSignal): number {
	return endsAt - now();
}

/** When the last of several signals is aborted, on the clock of now(); without end where nobody knows. */
export function lastEndOf(signals: ReadonlySet<TimedSignal>): number {
	return Math.max(...[...signals].map(({ endsAt = Number.POSITIVE_INFINITY }) => endsAt));
}

/** So late a timer comes where this process was stopped or starved. */
const LATE_MS = 20;
const GRACE_MS = 100;

/**
 * Runs an action after a time, unless the function that it answers is called before. An answer that has come in while this
 * process was kept from running still counts, and may have to be read by a thread.
 */
export function startTimer(ms: number, action: () => void): () => void {
	const end = now() + ms;
	let turn: NodeJS.Immediate | undefined;
	let timer = setTimeout(() => {
		if (now() - end > LATE_MS) timer = setTimeout(action, GRACE_MS);
		else turn = setImmediate(action);
	}, ms);
	return () => {
		clearTimeout(timer);
		clearImmediate(turn);
	};
}

import { now } from "../clock.ts";
import { onAbort } from "./on-abort.ts";
import { TransportError } from "./transport.ts";

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

/** A signal that tells the end of another one, by which it is aborted too. */
export function withEndOf(outer: TimedSignal, signal: AbortSignal): AbortSignal {
	return Object.defineProperty(signal, "endsAt", { get: () => outer.endsAt });
}

export interface AttemptOptions {
	readonly signal: AbortSignal;
	/** What the attempt may take; asked when the request is out, and the time that is left is known. */
	readonly limitMs: () => number | undefined;
}

/**
 * Makes one attempt to get an answer, which is given up after its limit: a connection that leads nowhere must not cost the time
 * in which another one would bring the answer.
 * @throws {TransportError} NO_ANSWER it was given up · whatever `send` does
 */
export async function attempt<T>(
	send: (signal: AbortSignal) => Promise<T>,
	{ limitMs, signal }: AttemptOptions,
): Promise<T> {
	const controller = new AbortController();
	const giveUp = () => controller.abort();
	const stopListening = onAbort(signal, giveUp);
	let stopTimer = () => {};
	const turn = setImmediate(() => {
		const ms = limitMs() ?? Number.POSITIVE_INFINITY;
		if (ms > 0 && ms < Number.POSITIVE_INFINITY) stopTimer = startTimer(ms, giveUp);
	});
	try {
		signal.throwIfAborted();
		return await send(controller.signal);
	} catch (error) {
		if (error instanceof TransportError) throw error;
		if (controller.signal.aborted && !signal.aborted) throw new TransportError("NO_ANSWER");
		throw error;
	} finally {
		clearImmediate(turn);
		stopTimer();
		stopListening();
	}
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

import { now } from "../../clock.ts";
import { lastEndOf, type TimedSignal } from "../deadline.ts";
import { onAbort } from "../on-abort.ts";
import { AwsFault } from "./fault.ts";

/** The outcome of an action, or a `timeout` fault at the signal; what an abandoned action does later is nobody's concern. */
export function atMost<T>(signal: AbortSignal, action: () => Promise<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		const giveUp = () => reject(new AwsFault("timeout", "no answer in time"));
		if (signal.aborted) {
			giveUp();
			return;
		}
		const stopListening = onAbort(signal, giveUp);
		action().then(resolve, reject).finally(stopListening);
	});
}

/** A signal that is aborted when all of several are; `end` takes its listeners off them. */
export function whenAllAborted(signals: ReadonlySet<TimedSignal>): { signal: AbortSignal; end: () => void } {
	const controller = new AbortController();
	const signal: TimedSignal = controller.signal;
	signal.endsAt = lastEndOf(signals);
	const listening = new AbortController();
	const check = () => {
		if ([...signals].every(({ aborted }) => aborted)) controller.abort();
	};
	for (const one of signals) one.addEventListener("abort", check, { once: true, signal: listening.signal });
	check();
	return { signal, end: () => listening.abort() };
}

/** A signal that is aborted after a time, and before it when another one is; `end` takes timer and listener off. */
export function atMostMs(limitMs: number, outer: AbortSignal): { signal: AbortSignal; end: () => void } {
	const controller = new AbortController();
	const signal: TimedSignal = controller.signal;
	signal.endsAt = now() + limitMs;
	const abort = () => controller.abort();
	const timer = setTimeout(abort, limitMs);
	const stopListening = onAbort(outer, abort);
	if (outer.aborted) abort();
	return {
		signal,
		end() {
			clearTimeout(timer);
			stopListening();
		},
	};
}

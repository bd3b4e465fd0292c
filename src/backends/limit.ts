import { onAbort } from "./on-abort.ts";

/** Runs an action when fewer than the limit are under way; while it waits, the signal takes it off with its reason. */
export type Limit = <T>(signal: AbortSignal, action: () => Promise<T>) => Promise<T>;

/** Makes a limit to so many actions at once, which start in the order that they came in. */
export function createLimit(max: number): Limit {
	let running = 0;
	const waiting = new Set<() => void>();

	function wait(signal: AbortSignal): Promise<void> {
		return new Promise((resolve, reject) => {
			const stopListening = onAbort(signal, () => {
				waiting.delete(go);
				reject(signal.reason);
			});
			const go = () => {
				waiting.delete(go);
				stopListening();
				resolve();
			};
			waiting.add(go);
		});
	}

	return async (signal, action) => {
		signal.throwIfAborted();
		// Whoever ends hands its place over to the next.
		if (running === max) await wait(signal);
		else running++;
		try {
			return await action();
		} finally {
			const [next] = waiting;
			if (next === undefined) running--;
			else next();
		}
	};
}

import { lastEndOf, type TimedSignal } from "../../deadline.ts";

/** Does something for whoever asks first, and answers all others alike; given up when everybody's signal has come. */
export type Shared<T> = (signal: AbortSignal) => Promise<T>;

/** Makes an action shared: what it ends with is kept, but a failure, after which the next to ask begins anew. */
export function share<T>(action: Shared<T>, gaveUp: () => Error): Shared<T> {
	let current: Shared<T> | undefined;

	function begin(): Shared<T> {
		const controller = new AbortController();
		const waiting = new Set<TimedSignal>();
		Object.defineProperty(controller.signal, "endsAt", { get: () => lastEndOf(waiting) });
		const result = action(controller.signal);
		result.catch(() => {
			current = undefined;
		});
		return (signal) => {
			if (waiting.has(signal)) return result;
			waiting.add(signal);
			return new Promise((resolve, reject) => {
				const leave = () => {
					waiting.delete(signal);
					if (waiting.size === 0) controller.abort();
					else reject(gaveUp());
				};
				signal.addEventListener("abort", leave, { once: true });
				if (signal.aborted) leave();
				result.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
			});
		};
	}

	return (signal) => {
		current ??= begin();
		return current(signal);
	};
}

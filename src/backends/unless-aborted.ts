import { onAbort } from "./on-abort.ts";

/** The result of something that others wait for as well: whoever gives up leaves it to them, with the reason of the signal. */
export function unlessAborted<T>(signal: AbortSignal | undefined, action: Promise<T>): Promise<T> {
	if (signal === undefined) return action;
	return new Promise((resolve, reject) => {
		const giveUp = () => reject(signal.reason);
		if (signal.aborted) giveUp();
		const stopListening = onAbort(signal, giveUp);
		action.then(resolve, reject).finally(stopListening);
	});
}

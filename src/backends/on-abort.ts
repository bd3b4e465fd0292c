import { perSignal } from "./per-signal.ts";

/** All that is to be done when a signal is aborted. */
const actionsOf = perSignal(() => new Set<() => void>());

/**
 * Runs an action, which must not throw, when a signal is aborted, unless the function that it answers is called before. Where the
 * signal is aborted already it is not run. The signal has one listener for all, since it compares each new one with those it has,
 * and none when nothing is to be done, since it is kept as long as there is one.
 */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
	const actions = actionsOf(signal);
	if (actions.size === 0) signal.addEventListener("abort", runAll);
	// Another one each time, be the function the same.
	const mine = () => action();
	actions.add(mine);
	return () => {
		if (actions.delete(mine) && actions.size === 0) signal.removeEventListener("abort", runAll);
	};
}

function runAll({ target }: Event): void {
	for (const action of actionsOf(target as AbortSignal)) action();
}

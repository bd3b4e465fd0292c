import { perSignal } from "./per-signal.ts";

/** What is to be done when a signal is aborted: of its listeners it has this one, since it compares each new one with all others. */
const actionsOf = perSignal((signal) => {
	const actions = new Set<() => void>();
	signal.addEventListener(
		"abort",
		() => {
			for (const action of actions) action();
		},
		{ once: true },
	);
	return actions;
});

/** Runs an action when a signal is aborted, unless the function that it answers is called before. The signal is not aborted yet. */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
	const actions = actionsOf(signal);
	// Another one each time, be the function the same.
	const mine = () => action();
	actions.add(mine);
	return () => actions.delete(mine);
}

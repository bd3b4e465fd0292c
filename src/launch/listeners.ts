import { constants } from "node:os";
import type { Arrival, SignalledProcess, SignalSource } from "./signals.ts";

/** Receives signals as Node tells of them: by their number, and of who sent them nothing. */
export function listenByNode(
	process: SignalledProcess,
	numbers: ReadonlySet<number>,
	receive: (arrival: Arrival) => void,
): SignalSource {
	const listeners = new Map<NodeJS.Signals, () => void>();
	const unheard = new Set(numbers);
	for (const [name, number] of Object.entries(constants.signals) as [NodeJS.Signals, number][]) {
		// Some have two names.
		if (!unheard.delete(number)) continue;
		// Node's own, by which NODE_OPTIONS=--heapsnapshot-signal writes the memory of this process into a file.
		process.removeAllListeners(name);
		const listener = () => receive({ number });
		process.on(name, listener);
		listeners.set(name, listener);
	}
	return {
		drain: () => undefined,
		putInOrder: () => undefined,
		release() {
			for (const [name, listener] of listeners) process.off(name, listener);
			listeners.clear();
		},
	};
}

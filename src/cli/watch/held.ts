import type { Running } from "./running.ts";

type Outcomes = Running["outcomes"];

/**
 * What the command really has. Nobody can change the variables of a process that runs: by those that it was not started with again it
 * has what was resolved before, and its old credentials may not be revoked yet.
 */
export interface Held {
	/** Of what was resolved last, what the command has; of the rest what it had before. */
	of(outcomes: Outcomes): Outcomes;
	/** Takes note that some variables have changed, of which the command keeps some as they were. */
	change(names: readonly string[], kept: readonly string[]): void;
	/** Takes note that it was started with all of it. */
	startWith(outcomes: Outcomes): void;
}

export function createHeld(first: Outcomes): Held {
	let held = byKey(first);
	const stale = new Set<string>();
	return {
		of(outcomes) {
			const now = outcomes.flatMap((one) => {
				const before = held.get(keyOf(one));
				const names = [...one.values.keys(), ...(before?.values.keys() ?? [])];
				return names.some((name) => stale.has(name)) ? (before ?? []) : one;
			});
			held = byKey(now);
			return now;
		},
		change(names, kept) {
			for (const name of names) stale.delete(name);
			for (const name of kept) stale.add(name);
		},
		startWith(outcomes) {
			stale.clear();
			held = byKey(outcomes);
		},
	};
}

function byKey(outcomes: Outcomes): Map<string, Outcomes[number]> {
	return new Map(outcomes.map((one) => [keyOf(one), one]));
}

function keyOf(one: Outcomes[number]): string {
	return JSON.stringify([one.names, "entry" in one ? one.entry.path.text : ""]);
}

import type { DstaError } from "../errors.ts";
import { type Line, linesOf, type Outcome, pairLines } from "./line.ts";
import type { Print } from "./print.ts";

/** In what a resolution differs from the one before. */
export interface Difference {
	/** The variables whose values are others, are new or are gone. */
	readonly names: readonly string[];
	/** The entries that this comes from, with their lines before and now. */
	readonly lines: readonly ChangedLine[];
}

export interface ChangedLine {
	readonly before: Line | undefined;
	readonly now: Line;
}

/** The hashes of all values, by variable. */
export type Prints = ReadonlyMap<string, string>;

/** The hashes of the values of a resolution. */
export function printsOf(outcomes: readonly { readonly values: Line["values"] }[], print: Print): Prints {
	return new Map(
		outcomes.flatMap(({ values }) => [...values].map(([name, value]) => [name, print(value)] as const)),
	);
}

/** Compares two resolutions by hashes of their values. */
export function compare(before: readonly Outcome[], now: readonly Outcome[], print: Print): Difference {
	const pairs = pairLines(linesOf(before), linesOf(now));
	const lines = pairs.filter(
		(pair) =>
			differingNames(printsOf(pair.before ? [pair.before] : [], print), printsOf([pair.now], print)).length >
			0,
	);
	return { names: differingNames(printsOf(before, print), printsOf(now, print)), lines };
}

function differingNames(before: Prints, now: Prints): readonly string[] {
	return [...new Set([...before.keys(), ...now.keys()])].filter((name) => before.get(name) !== now.get(name));
}

/** A text that no resolution with other values has. */
export function identityOf(outcomes: readonly Outcome[], print: Print): string {
	return JSON.stringify([...printsOf(outcomes, print)].sort());
}

/** Why backends were passed over now that had answered before: what follows from that is no change. */
export function newFailures(before: readonly Line[], now: readonly Line[]): readonly DstaError[] {
	return pairLines(before, now).flatMap((pair) => {
		const failedBefore = new Set(
			pair.before?.attempts.filter(({ error }) => error !== undefined).map(({ backend }) => backend),
		);
		return pair.now.attempts.flatMap(({ backend, error }) =>
			pair.before === undefined || error === undefined || failedBefore.has(backend) ? [] : [error],
		);
	});
}

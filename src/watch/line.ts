import type { DstaError } from "../errors.ts";
import type { Entry } from "../map/secret-map.ts";

/** What became of an entry, as far as a watch sees it. */
export interface Line {
	readonly entry: Entry;
	/** By variable; of an entry that sets none by its path. */
	readonly values: ReadonlyMap<string, string>;
	/** Of a wildcard: the field that each variable has. */
	readonly fields?: ReadonlyMap<string, string>;
	/** Who had it: a backend, `default`, or nobody. */
	readonly origin: string | undefined;
	readonly attempts: readonly Attempted[];
	/** What backends say by now where values are kept that the backend which had them has no more, and of which paths. */
	readonly kept?: { readonly attempts: readonly Attempted[]; readonly gone: readonly string[] };
}

/** What a backend said to an entry. */
export interface Attempted {
	readonly backend: string;
	readonly outcome: "found" | "absent" | "failed" | "not configured" | "not asked";
	readonly version?: string | undefined;
	/** Why it gave no answer of its own. */
	readonly error?: DstaError;
}

/** What became of a line of a map: of an entry, or of a template with its sources. */
export type Outcome<L extends Line = Line> = L | (Pick<Line, "values"> & { readonly sources: readonly L[] });

/** What became of all entries, those of templates included, each once. */
export function linesOf<L extends Line>(outcomes: readonly Outcome<L>[]): readonly L[] {
	return [...new Set(outcomes.flatMap((outcome) => ("sources" in outcome ? outcome.sources : [outcome])))];
}

/** Pairs each line with what became of the same entry before, in this map or in an earlier one. */
export function pairLines<L extends Line>(
	before: readonly L[],
	now: readonly L[],
): readonly { readonly before: L | undefined; readonly now: L }[] {
	const known = new Map(before.map((line) => [keyOf(line), line]));
	return now.map((line) => ({ before: known.get(keyOf(line)), now: line }));
}

// What decides which value an entry has: the rest may change from one map to the next.
function keyOf({ entry: { backend, backends, chain, names, path, version } }: Line): string {
	return JSON.stringify([path.text, names, version, backend, chain, backends]);
}

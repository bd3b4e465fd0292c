import type { DstaError } from "../../errors.ts";
import { checkEnvironment, type Variables } from "../../launch/environment.ts";
import { resolveLines } from "../../resolve/map.ts";
import { collect, type Resolution, resolveEntries } from "../../resolve/resolve.ts";
import type { Filling } from "../../resolve/templates.ts";
import { type Gone, keepAbsent } from "../../watch/absent.ts";
import { newFailures } from "../../watch/compare.ts";
import { linesOf } from "../../watch/line.ts";
import type { Session } from "../session.ts";

/** All lines of a map as they were resolved while their command runs. */
export interface Renewal {
	readonly outcomes: readonly (Resolution | Filling)[];
	/** Why they are not to be taken over: what keeps a command from starting, or a backend that has not answered as it had before. */
	readonly errors: readonly DstaError[];
	/** What the backend that had it has no more: its earlier value is among the outcomes. */
	readonly gone: readonly Gone[];
	/** Keeps them in the map's snapshot, if it has one: to be called when the command has taken them. */
	keep(): Promise<void>;
}

/** Resolves a map anew, without a word: what goes wrong is for the caller to tell. No snapshot stands in for a backend. */
export async function resolveAnew(
	{ map, openSnapshot, resolveOptions }: Session,
	running: readonly (Resolution | Filling)[],
	inherited: Variables,
): Promise<Renewal> {
	const before = linesOf<Resolution>(running);
	const isKept = (map.run.onAbsent ?? "ignore") === "ignore";
	const snapshot = await openSnapshot(true);
	const options = { ...resolveOptions, snapshot, onPassedOver: ignore, onDefault: ignore };
	let gone: readonly Gone[] = [];
	const outcomes = await resolveLines(map, async (entries) => {
		const resolutions = await resolveEntries(entries, options);
		if (!isKept) return resolutions;
		const kept = keepAbsent(before, resolutions);
		gone = kept.gone;
		return kept.lines;
	});
	const { errors, values } = collect(outcomes);
	const failures = newFailures(before, linesOf<Resolution>(outcomes));
	return {
		outcomes,
		// What else is wrong then, such as all that nobody else has, may follow from that.
		errors: failures.length > 0 ? failures : [...errors, ...checkEnvironment(values, inherited).values()],
		gone,
		keep: async () => snapshot?.save(),
	};
}

function ignore(): void {}

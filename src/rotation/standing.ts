import type { DstaError } from "../errors.ts";
import { type Candidate, checkOwnSettings, type MapSearch } from "./candidates.ts";
import { noteName } from "./note.ts";
import { isHeld, isUnfinished, parseRecord, type RotationRecord } from "./record.ts";
import { parseSchedule } from "./schedule.ts";
import { findTarget, readNotes, type Target, within } from "./target.ts";

/** How a field stands: how old its value is, and what of a rotation is under way. */
export interface Standing {
	readonly target: Target;
	readonly record: RotationRecord | undefined;
	/** When its value was last changed, as far as anybody knows; where only its secret tells, that may have been another field. */
	readonly changedAt: Date | undefined;
	/** How often it is to be rotated: what lies beside it, else what the map says. */
	readonly everyMs: number | undefined;
	readonly dueAt: Date | undefined;
}

/** What is to be done with a field at this moment. */
export type Turn = "rotate" | "resume" | "busy" | "nothing";

/**
 * Looks at a field. Its value is read before its record, so that who rotates by what is seen here can write nothing where
 * somebody else has done so meanwhile. Those that share a signal share requests.
 * @throws {DstaError} as `findTarget`
 */
export async function lookAt(
	{ entry, path, settings }: Candidate,
	search: MapSearch,
	signal = within(search),
): Promise<Standing> {
	const chain = search.chainOf(entry);
	const target = await findTarget(path, { ...search, chain, names: entry.names }, signal);
	checkOwnSettings(entry, target.backend.name);
	const notes = await readNotes(target, signal).catch(nothingKept);
	const record = parseRecord(notes?.get(noteName("rotation", target.field)));
	const schedule = parseSchedule(notes?.get(noteName("schedule", target.field)));
	const isKnown = record !== undefined && (!isUnfinished(record) || record.newVersion !== undefined);
	const changedAt = isKnown ? record.at : ((await madeAt(target, signal)) ?? schedule?.since);
	const everyMs = schedule?.everyMs ?? settings.everyMs;
	const dueAt =
		changedAt === undefined || everyMs === undefined ? undefined : new Date(changedAt.getTime() + everyMs);
	return { target, record, changedAt, everyMs, dueAt };
}

export function turnOf({ dueAt, record, target }: Standing): Turn {
	if (isUnfinished(record)) {
		if (isHeld(record)) return "busy";
		return record.until.getTime() > Date.now() ? "nothing" : "resume";
	}
	return target.current !== undefined && isPast(dueAt) ? "rotate" : "nothing";
}

export function isPast(time: Date | undefined): boolean {
	return time !== undefined && time.getTime() <= Date.now();
}

async function madeAt({ backend, secret }: Target, signal: AbortSignal): Promise<Date | undefined> {
	const versions = (await backend.versions?.(secret, signal).catch(nothingKept)) ?? [];
	return versions.find(({ isCurrent }) => isCurrent)?.createdAt;
}

// An engine without annotations, or a token that may not read them: the map alone says what is to be done.
function nothingKept(error: DstaError): undefined {
	if (error.code !== "DSTA_UNSUPPORTED" && error.code !== "DSTA_DENIED") throw error;
}

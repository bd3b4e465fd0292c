import { DstaError } from "../errors.ts";
import { MAX_EVERY_MS, parseDuration } from "../map/duration.ts";
import { formatNote, formatTime, noteName, parseNote, parseTime } from "./note.ts";
import { type Limits, type Target, within } from "./target.ts";

/** How often a field is to be rotated, as it lies beside its secret. */
export interface Schedule {
	readonly everyMs: number;
	/** When that was said. */
	readonly since: Date;
}

/** `undefined` where the text is no schedule. */
export function parseSchedule(text: string | undefined): Schedule | undefined {
	const words = parseNote(text ?? "");
	const everyMs = parseDuration(words.get("every") ?? "", MAX_EVERY_MS);
	const since = parseTime(words.get("since"));
	return everyMs && since ? { everyMs, since } : undefined;
}

/**
 * Stores a schedule beside its secret, or removes it: `undefined`.
 * @throws {DstaError} DSTA_UNSUPPORTED nothing can be kept there · as `Annotations.write`
 */
export async function setSchedule(
	target: Target,
	everyMs: number | undefined,
	limits: Limits,
): Promise<void> {
	const { annotations, name } = target.backend;
	if (annotations === undefined)
		throw new DstaError("DSTA_UNSUPPORTED", `${name} keeps no schedule beside ${target.path.text}`, {
			backend: name,
			path: target.path.text,
			cure: "Say it in the map: rotate: { every: 90d } in the entry of this path.",
		});
	const text =
		everyMs === undefined
			? undefined
			: formatNote({ every: formatEvery(everyMs), since: formatTime(new Date()) });
	const changes = new Map([[noteName("schedule", target.field), text]]);
	await annotations.write(target.secret, changes, within(limits));
}

/** A duration as it is written: `90d`, `12h`. */
export function formatEvery(everyMs: number): string {
	const [unit, unitMs] = UNITS.find(([, unitMs]) => everyMs % unitMs === 0) ?? ["ms", 1];
	return `${everyMs / unitMs}${unit}`;
}

const UNITS = [
	["d", 86_400_000],
	["h", 3_600_000],
	["m", 60_000],
	["s", 1000],
] as const;

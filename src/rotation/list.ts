import { DstaError } from "../errors.ts";
import type { SecretMap } from "../map/secret-map.ts";
import { type Candidate, findCandidates, type MapSearch } from "./candidates.ts";
import { isUnfinished, type UnfinishedRecord } from "./record.ts";
import { isPast, lookAt } from "./standing.ts";
import { within } from "./target.ts";

/** How a field of a map stands. */
export interface RotationStatus {
	readonly path: string;
	/** The backend that has it; `undefined`: nobody has. */
	readonly backend: string | undefined;
	readonly version: string | undefined;
	/** When its value was last changed, as far as anybody knows. */
	readonly changedAt: Date | undefined;
	/** How often it is to be rotated; `undefined`: nobody says. */
	readonly everyMs: number | undefined;
	readonly dueAt: Date | undefined;
	readonly isOverdue: boolean;
	/** What is unfinished of its last rotation. */
	readonly unfinished: UnfinishedRecord | undefined;
	/** Why nothing is known of it. */
	readonly error?: DstaError;
}

/**
 * How every field of a map stands, in the order of the map. What cannot be asked has an error in the place of an answer.
 * @throws {DstaError} as `Backend.read`, for a wildcard whose fields cannot be asked for
 */
export async function listRotations(map: SecretMap, search: MapSearch): Promise<readonly RotationStatus[]> {
	const candidates = await findCandidates(map, search);
	const signal = within(search);
	return Promise.all(candidates.map((candidate) => statusOf(candidate, search, signal)));
}

async function statusOf(
	candidate: Candidate,
	search: MapSearch,
	signal: AbortSignal,
): Promise<RotationStatus> {
	const path = candidate.path.text;
	try {
		const { changedAt, dueAt, everyMs, record, target } = await lookAt(candidate, search, signal);
		const isThere = target.current !== undefined;
		return {
			path,
			backend: isThere ? target.backend.name : undefined,
			version: target.current?.version,
			changedAt: isThere ? changedAt : undefined,
			everyMs,
			dueAt: isThere ? dueAt : undefined,
			isOverdue: isThere && isPast(dueAt),
			unfinished: isUnfinished(record) ? record : undefined,
		};
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		const nothing = { version: undefined, changedAt: undefined, dueAt: undefined, unfinished: undefined };
		const { everyMs } = candidate.settings;
		return { path, backend: error.backend, everyMs, ...nothing, isOverdue: false, error };
	}
}

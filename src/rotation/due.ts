import type { SecretValue } from "../backends/backend.ts";
import { createLimit } from "../backends/limit.ts";
import { DstaError } from "../errors.ts";
import type { SecretMap } from "../map/secret-map.ts";
import { type Candidate, findCandidates, type MapSearch } from "./candidates.ts";
import { NOBODY } from "./claim.ts";
import type { Job } from "./job.ts";
import { openLedger } from "./ledger.ts";
import { resume, rotate } from "./rotate.ts";
import { lookAt, type Standing, turnOf } from "./standing.ts";
import { isSameValue, within } from "./target.ts";
import type { Rotated } from "./work.ts";

/** What became of a field whose turn it was. */
export interface DueOutcome {
	readonly path: string;
	/** It was rotated, or its rotation went on. */
	readonly rotated?: Rotated;
	/** Somebody else is at it. */
	readonly busy?: string;
	readonly error?: DstaError;
}

/** How each field is rotated. */
export interface DueOptions extends MapSearch {
	jobFor(candidate: Candidate): Job;
}

/** So many secrets are rotated at once. */
const MAX_AT_ONCE = 4;

/**
 * Rotates all fields of a map that are due, goes on with rotations that stopped, and revokes what has had its grace. Several
 * machines may do so at once: each field is done by one of them. Fields of one secret are done one after the other.
 */
export async function rotateDue(map: SecretMap, options: DueOptions): Promise<readonly DueOutcome[]> {
	const candidates = await findCandidates(map, options);
	const signal = within(options);
	const looks = await Promise.all(
		candidates.map((candidate) => attempt(candidate, () => look(candidate, options, signal))),
	);
	const turns = looks.filter((one) => one !== undefined && "candidate" in one);
	const limit = createLimit(MAX_AT_ONCE);
	const never = new AbortController().signal;
	const groups = Map.groupBy(turns, ({ candidate }) => candidate.path.secret);
	const outcomes = await Promise.all(
		[...groups.values()].map((group) => limit(options.signal ?? never, () => takeTurns(group, options))),
	);
	return [...looks.filter((one) => one !== undefined && "path" in one), ...outcomes.flat()];
}

/** A field with which something is to be done. */
interface Waiting {
	readonly candidate: Candidate;
	/** When it was due before anything was done to its secret. */
	readonly dueAt: Date | undefined;
	readonly value: SecretValue | undefined;
}

async function look(
	candidate: Candidate,
	options: DueOptions,
	signal: AbortSignal,
): Promise<Waiting | undefined> {
	const standing = await lookAt(candidate, options, signal);
	if (turnOf(standing) !== "nothing")
		return { candidate, dueAt: standing.dueAt, value: standing.target.current?.value };
	await noteAge(standing, options.jobFor(candidate));
	return undefined;
}

// So that what changes beside it from now on does not make it look younger.
async function noteAge({ changedAt: at, everyMs, record, target }: Standing, job: Job): Promise<void> {
	if (record !== undefined || target.current === undefined || at === undefined || everyMs === undefined)
		return;
	const nothing = { oldVersion: undefined, newVersion: undefined, isRevoked: false };
	const seen = { id: "-", step: "seen", by: NOBODY, at, until: at, ...nothing } as const;
	await openLedger(target, job)
		.write(seen)
		.catch((error) => {
			// Where there is no room for it, its secret still tells an age.
			if (!(error instanceof DstaError) || error.code !== "DSTA_CONFIG") throw error;
		});
}

async function takeTurns(group: readonly Waiting[], options: DueOptions): Promise<readonly DueOutcome[]> {
	const outcomes: (DueOutcome | undefined)[] = [];
	for (const waiting of group)
		outcomes.push(await attempt(waiting.candidate, () => takeTurn(waiting, options)));
	return outcomes.filter((outcome) => outcome !== undefined);
}

async function takeTurn(
	{ candidate, dueAt, value }: Waiting,
	options: DueOptions,
): Promise<DueOutcome | undefined> {
	const path = candidate.path.text;
	const standing = await lookAt(candidate, options);
	const { record, target } = standing;
	const job = options.jobFor(candidate);
	const isUntouched = record === undefined && isSameValue(value, target.current?.value);
	switch (turnOf(isUntouched ? { ...standing, dueAt } : standing)) {
		case "rotate":
			return { path, rotated: await rotate(target, job, { record }) };
		case "resume":
			return { path, rotated: await resume(target, job, { record }) };
		case "busy":
			return { path, busy: `${record?.by.split("/")[0]} is at it: ${record?.step}` };
		case "nothing":
			return undefined;
	}
}

async function attempt<T>(
	{ entry, path }: Candidate,
	action: () => Promise<T>,
): Promise<T | DueOutcome | undefined> {
	try {
		return await action();
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		if (error.code === "DSTA_CONFLICT") return { path: path.text, busy: error.message };
		// What cannot be rotated at all is no news, unless its own entry says that it is to be.
		if (error.code === "DSTA_UNSUPPORTED" && entry.rotate === undefined) return undefined;
		return { path: path.text, error };
	}
}

import { randomBytes } from "node:crypto";
import { DstaError } from "../errors.ts";
import { type Beginning, claim, unfinished } from "./claim.ts";
import { finish, graceOf } from "./finish.ts";
import type { Job } from "./job.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { isHeld, isUnfinished, type RotationRecord } from "./record.ts";
import { rollBack } from "./rollback.ts";
import { isSameValue, readField, type Target, within } from "./target.ts";
import type { Rotated, Work } from "./work.ts";
import { writeNewValue } from "./write.ts";

/** The record by which somebody has decided what to do; another one by now means that somebody else has done it. */
export interface Seen {
	readonly record: RotationRecord | undefined;
}

/**
 * Gives a field a new value by all the steps of the checklist that its settings have something for.
 * @throws {DstaError} DSTA_CONFLICT somebody else rotates or changes it · DSTA_ROTATION a step failed · DSTA_INVALID_VALUE the new
 * value cannot be used · DSTA_USAGE nothing makes one · as `Backend.read`, `WritableBackend.write`
 */
export async function rotate(target: Target, job: Job, seen?: Seen): Promise<Rotated> {
	const ledger = openLedger(target, job);
	const before = await readAsSeen(target, ledger, seen);
	// A rollback that stopped has nothing that is not made good by another value.
	const isFree = !isUnfinished(before) || (before.step === "rollback" && !isHeld(before));
	if (!isFree) throw unfinished(target, before);
	const id = randomBytes(6).toString("hex");
	const oldVersion = target.current?.version;
	const first = {
		id,
		step: "generate",
		oldVersion,
		newVersion: undefined,
		isRevoked: false,
		host: job.host,
	} as const;
	const work: Work = { target, job, claim: await claim(target, ledger, first), results: [] };
	await writeNewValue(work, before);
	return finish(work, "restart");
}

/**
 * Goes on with a rotation where it stopped, or where somebody else who still does it is. No step that was ended is done again.
 * @throws {DstaError} DSTA_NOT_FOUND none is unfinished · as `rotate`
 */
export async function resume(target: Target, job: Job, seen?: Seen): Promise<Rotated> {
	const ledger = openLedger(target, job);
	const before = await readAsSeen(target, ledger, seen);
	if (!isUnfinished(before)) throw nothingToResume(target);
	if (before.step === "rollback") return rollBack(target, job);
	if (before.step === "grace" && !job.revokesNow && before.until.getTime() > Date.now())
		return graceOf(target, before);
	const { at: _, by: __, until: ___, ...known } = before;
	const begin = async (beginning: Beginning): Promise<Work> => ({
		target,
		job,
		claim: await claim(target, ledger, { ...beginning, host: job.host }),
		results: [],
	});
	const version = target.current?.version;
	const { step } = before;
	if (!(await isWritten(target, before, job))) {
		// What has been written since by somebody else is what is old now.
		const work = await begin({ ...known, step: "generate", oldVersion: version });
		await writeNewValue(work, undefined);
		return finish(work, "restart");
	}
	const work = await begin({ ...known, newVersion: known.newVersion ?? version });
	if (step === "generate" || step === "update") return finish(work, "restart");
	const later = step === "grace" ? "revoke" : step;
	// What the record says to be revoked already has had its grace.
	return finish(work, later, later === "revoke" || job.revokesNow);
}

async function readAsSeen(
	target: Target,
	ledger: Ledger,
	seen: Seen | undefined,
): Promise<RotationRecord | undefined> {
	const record = await ledger.read();
	if (seen === undefined || seen.record?.by === record?.by) return record;
	if (isUnfinished(record)) throw unfinished(target, record);
	throw new DstaError("DSTA_CONFLICT", `${target.path.text} was rotated by somebody else meanwhile`, {
		backend: target.backend.name,
		path: target.path.text,
		cure: "Nothing is to be done: see dsta-run rotate --list",
	});
}

// Between the write and its record there is a moment: the value itself shows whether it was written.
async function isWritten(
	target: Target,
	{ newVersion, oldVersion, step }: RotationRecord,
	job: Job,
): Promise<boolean> {
	const { current } = target;
	if (newVersion !== undefined || (step !== "generate" && step !== "update")) return true;
	if (step === "generate" || current === undefined || current.version === oldVersion) return false;
	if (oldVersion === undefined) return true;
	const old = await readField(target, within(job), oldVersion);
	return old !== undefined && !isSameValue(old.value, current.value);
}

function nothingToResume({ backend, path: { text: path } }: Target): DstaError {
	return new DstaError("DSTA_NOT_FOUND", `No rotation of ${path} at ${backend.name} is unfinished`, {
		backend: backend.name,
		path,
		cure: `See what is known of it: dsta-run rotate --list\nOr begin one: dsta-run rotate ${path}`,
	});
}

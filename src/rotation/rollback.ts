import { randomBytes } from "node:crypto";
import type { SecretValue } from "../backends/backend.ts";
import { DstaError } from "../errors.ts";
import { claim, MARGIN_MS } from "./claim.ts";
import { restartAfterRollback } from "./finish.ts";
import type { Job } from "./job.ts";
import { openLedger } from "./ledger.ts";
import { isUnfinished, type RotationRecord } from "./record.ts";
import { isSameValue, readField, type Target, within } from "./target.ts";
import {
	conclude,
	concludeFailed,
	factsOf,
	type Rotated,
	rotatedOf,
	showProgress,
	type Work,
} from "./work.ts";

/**
 * Takes back the last rotation of a field, be it finished or not: writes the old value as a new version, has those who use it
 * take that, and forgets the rotation.
 * @throws {DstaError} DSTA_NOT_FOUND none is known, or the old version is gone · DSTA_CONFLICT the old value was revoked, or
 * somebody else changes it · as `rotate`
 */
export async function rollBack(target: Target, job: Job): Promise<Rotated> {
	const ledger = openLedger(target, job);
	const before = await ledger.read();
	if (before === undefined || before.step === "seen") throw unknown(target);
	if (before.isRevoked && !job.revokesNow) throw revoked(target, before);
	const old = await readOld(target, before, job);
	const { isRevoked, newVersion, oldVersion } = before;
	const id = before.step === "rollback" ? before.id : randomBytes(6).toString("hex");
	const beginning = { id, step: "rollback", oldVersion, newVersion, isRevoked, host: job.host } as const;
	const work: Work = { target, job, claim: await claim(target, ledger, beginning), results: [] };
	const isInPlace = isSameValue(old, target.current?.value);
	try {
		const detail = isInPlace ? "the old value is in place" : await putBack(work, old);
		await conclude(work, { step: "rollback", outcome: "done", detail });
	} catch (error) {
		await concludeFailed(work, "rollback", error);
		await work.claim.leave(before).catch(() => undefined);
		throw error;
	}
	if (newVersion !== undefined || !isInPlace) await restartAfterRollback(work);
	await work.claim.leave(newVersion === undefined && isInPlace ? undefined : forgotten(work));
	return rotatedOf(work);
}

// Nothing is known of a rotation any more, but to those who still work on it that it is not theirs.
function forgotten({ claim: { record } }: Work): RotationRecord {
	return {
		...record,
		step: "seen",
		at: new Date(),
		oldVersion: undefined,
		newVersion: undefined,
		isRevoked: false,
	};
}

async function readOld(target: Target, record: RotationRecord, job: Job): Promise<SecretValue> {
	const { backend, current, path } = target;
	const { oldVersion, step } = record;
	const isUntouched =
		step === "generate" || (oldVersion === undefined ? step === "rollback" : oldVersion === current?.version);
	const found = isUntouched ? current : oldVersion && (await readField(target, within(job), oldVersion));
	if (found) return found.value;
	const isGoneOnWith = isUnfinished(record) && step !== "rollback";
	throw new DstaError(
		"DSTA_NOT_FOUND",
		oldVersion === undefined
			? `${path.text} had no value before its rotation, as far as anybody knows`
			: `${path.text} cannot be read in its old version ${oldVersion} any more`,
		{
			backend: backend.name,
			path: path.text,
			cure: `Go forward: dsta-run rotate ${isGoneOnWith ? "--resume " : ""}${path.text}, or give the value that it is to have: dsta-run put ${path.text}`,
		},
	);
}

async function putBack(work: Work, old: SecretValue): Promise<string> {
	const { claim, job, target } = work;
	showProgress(work, "rollback", `to version ${claim.record.oldVersion}`);
	await claim.update({}, MARGIN_MS);
	const text = typeof old === "string" ? old : JSON.stringify(old);
	const { version } = await target.backend.write(target.secret, new Map([[target.field, text]]), {
		replace: false,
		from: new Map([[target.field, target.current?.value]]),
		signal: within(job),
	});
	// Who is to take it now is told of this version.
	await claim.update({ newVersion: version }, MARGIN_MS);
	return `${factsOf(work).location} has the value of version ${claim.record.oldVersion} again, as version ${version}`;
}

function unknown({ backend, path: { text: path } }: Target): DstaError {
	return new DstaError(
		"DSTA_NOT_FOUND",
		`No rotation of ${path} at ${backend.name} is known that could be taken back`,
		{
			backend: backend.name,
			path,
			cure: `Put back the version that you want: dsta-run get --version N ${path} | dsta-run rotate ${path} --value-from -`,
		},
	);
}

function revoked({ backend, path: { text: path } }: Target, { oldVersion }: RotationRecord): DstaError {
	return new DstaError(
		"DSTA_CONFLICT",
		`The value of ${path} in version ${oldVersion} was revoked: it is good for nothing any more`,
		{
			backend: backend.name,
			path,
			cure: `Rotate forward: dsta-run rotate ${path}. If the old value works again all the same: dsta-run rotate --rollback --force ${path}`,
		},
	);
}

import { DstaError } from "../errors.ts";
import type { RotationFacts, StepResult } from "./checklist.ts";
import type { Claim } from "./claim.ts";
import type { Job } from "./job.ts";
import type { Target } from "./target.ts";

/** A rotation under way. */
export interface Work {
	readonly target: Target;
	readonly job: Job;
	readonly claim: Claim;
	/** What became of its steps so far. */
	readonly results: StepResult[];
}

/** What became of a rotation. */
export interface Rotated extends RotationFacts {
	readonly steps: readonly StepResult[];
	/** When the old value is to be revoked, where it is not yet. */
	readonly revokeAt?: Date;
}

/** A step in which something is done, or a rollback. */
type StepName = StepResult["step"];

export function factsOf({ claim: { record }, target }: Pick<Work, "claim" | "target">): RotationFacts {
	const { backend, current, path } = target;
	return {
		id: record.id,
		path: path.text,
		backend: backend.name,
		location: current?.location ?? target.secret,
		oldVersion: record.oldVersion,
		newVersion: record.newVersion,
	};
}

export function rotatedOf(work: Work): Rotated {
	return { ...factsOf(work), steps: work.results };
}

/** Says that a step has begun, or how far it is. */
export function showProgress(work: Work, step: StepName, detail: string): void {
	work.job.onProgress?.(step, detail, factsOf(work));
}

/** Says what became of a step, and records it. */
export async function conclude(work: Work, result: StepResult): Promise<void> {
	work.results.push(result);
	work.job.onResult?.(result, factsOf(work));
	if (result.outcome !== "skipped") await work.job.record?.(result, factsOf(work));
}

/** Says that a step failed, whatever else goes wrong. */
export async function concludeFailed(work: Work, step: StepName, error: unknown): Promise<void> {
	if (!(error instanceof DstaError)) return;
	await conclude(work, { step, outcome: "failed", detail: error.message, code: error.code }).catch(
		() => undefined,
	);
}

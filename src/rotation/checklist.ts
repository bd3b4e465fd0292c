import type { ErrorCode } from "../errors.ts";

/** What a rotation consists of, in this order. */
export const STEPS = ["generate", "update", "restart", "verify", "revoke", "document"] as const;
export type Step = (typeof STEPS)[number];

/** What became of a step: `skipped`, as nothing is to be done in it; `later`, as it is not time yet. */
export interface StepResult {
	readonly step: Step | "rollback";
	readonly outcome: "done" | "skipped" | "later" | "failed";
	/** In words, without any value: `version 4`. */
	readonly detail: string;
	/** Why it failed. */
	readonly code?: ErrorCode;
}

/** Which rotation of what it is about. */
export interface RotationFacts {
	readonly id: string;
	readonly path: string;
	readonly backend: string;
	/** Where it lies, in the backend's own words. */
	readonly location: string;
	readonly oldVersion: string | undefined;
	/** That of the new value, once it is written. */
	readonly newVersion: string | undefined;
}

/** Those who hear of the steps of a rotation. */
export interface Journal {
	/** A step has begun, or has got so far. */
	readonly onProgress?: (step: StepResult["step"], detail: string, facts: RotationFacts) => void;
	readonly onResult?: (result: StepResult, facts: RotationFacts) => void;
	/**
	 * Records for good what became of a step; what it throws ends the rotation, which can be resumed. Absent: the checklist's
	 * last step has nowhere to record anything.
	 */
	readonly record?: (result: StepResult, facts: RotationFacts) => Promise<void>;
}

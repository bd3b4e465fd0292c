import { signalAfter } from "../backends/deadline.ts";
import { outputOf, ProgramFailure } from "../backends/program-output.ts";
import { DstaError } from "../errors.ts";
import type { Words } from "../map/secret-map.ts";
import type { RotationFacts, Step } from "./checklist.ts";
import type { Job } from "./job.ts";

/** So long a hook may take; then it is killed with all of its group. */
export const HOOK_MS: number = 15 * 60_000;

/** What a step is done by, and of which rotation. */
export interface Hook {
	readonly step: Step;
	readonly command: Words;
	readonly facts: RotationFacts;
}

/**
 * Runs the command of a step until its end. No value is handed to it: by what stands in its environment it can ask for the old
 * and the new one. What it prints goes to standard error, but for the new value of `generate`, which is answered.
 * @throws {DstaError} DSTA_ROTATION it ended badly, or not in time · DSTA_CONFIG it cannot be started
 */
export async function runHook(
	{ command, facts, step }: Hook,
	{ prepareHook, signal }: Pick<Job, "prepareHook" | "signal">,
): Promise<string> {
	const limit = signalAfter(HOOK_MS);
	const context = prepareHook();
	try {
		const output = await outputOf(command, {
			...context,
			env: { ...context.env, ...variablesOf(facts) },
			signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
			stdout: step === "generate" ? "kept" : "shown",
			stderr: "inherit",
		});
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(output).replace(/\r?\n$/, "");
	} catch (error) {
		throw hookFailure({ command, facts, step }, error);
	}
}

function variablesOf(facts: RotationFacts): Readonly<Record<string, string>> {
	const { backend, id, location, newVersion = "", oldVersion = "", path } = facts;
	return {
		DSTA_ROTATION_ID: id,
		DSTA_ROTATION_PATH: path,
		DSTA_ROTATION_BACKEND: backend,
		DSTA_ROTATION_LOCATION: location,
		DSTA_ROTATION_OLD_VERSION: oldVersion,
		DSTA_ROTATION_NEW_VERSION: newVersion,
	};
}

function hookFailure({ command: [file], facts: { backend, path }, step }: Hook, error: unknown): unknown {
	const about = { backend, path };
	if (error instanceof TypeError)
		return new DstaError("DSTA_INVALID_VALUE", `${path}: what ${file} printed is not UTF-8 text`, {
			...about,
			cure: "Have it print the new value and nothing else, encoded (base64) where it is no text.",
		});
	if (!(error instanceof ProgramFailure)) return error;
	if (error.kind === "unstartable")
		return new DstaError("DSTA_CONFIG", `${path}: ${step}: ${file} ${error.message}`, {
			...about,
			cure: "Install it, or correct the command in the map's rotate settings.",
		});
	return new DstaError("DSTA_ROTATION", `${path}: ${step}: ${file} ${error.message}`, {
		...about,
		cure: "See above what it wrote to standard error.",
	});
}

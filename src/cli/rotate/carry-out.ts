import { DstaError } from "../../errors.ts";
import type { Job } from "../../rotation/job.ts";
import { rollBack } from "../../rotation/rollback.ts";
import { resume, rotate } from "../../rotation/rotate.ts";
import type { Target } from "../../rotation/target.ts";
import type { Rotated } from "../../rotation/work.ts";
import type { SecretPath } from "../../secret-path.ts";
import type { CommandResult } from "../host.ts";
import { reportProblem } from "../report.ts";
import { followSteps } from "./follow.ts";
import { findNamed, type Rotating } from "./open.ts";
import { renderPlan } from "./plan.ts";
import { renderSteps, toJson } from "./show.ts";
import { chooseValue } from "./value.ts";

/** What is done with one field. */
export type Way = "rotate" | "resume" | "rollback";

const WAYS: Readonly<Record<Way, (target: Target, job: Job) => Promise<Rotated>>> = {
	rotate,
	resume,
	rollback: rollBack,
};

/** Rotates one field, goes on with that, or takes it back; shows each step, those before a failure too. */
export async function carryOut(way: Way, path: SecretPath, rotating: Rotating): Promise<CommandResult> {
	const { commandLine, host } = rotating;
	const { candidate, target } = await findNamed(path, rotating);
	const chosen = chooseValue(commandLine, candidate.settings, { field: target.field, host });
	const job = { ...rotating.jobFor(candidate), ...chosen };
	const { dryRun, json } = commandLine.options;
	if (dryRun) return { status: 0, output: await renderPlan(way, { target, job, json }) };
	const steps = followSteps(host);
	try {
		const rotated = await WAYS[way](target, { ...job, ...steps.journal });
		return {
			status: 0,
			output: json ? toJson(rotated) : `${headOf(way, rotated)}\n\n${renderSteps(rotated.steps)}`,
		};
	} catch (error) {
		if (!(error instanceof DstaError) || steps.seen.length === 0) throw error;
		steps.stop();
		reportProblem(host.log, { error, names: [] });
		const { code, exitStatus: status, message } = error;
		const output = json
			? `${JSON.stringify({ path: path.text, backend: target.backend.name, steps: steps.seen, error: { code, message } }, undefined, 2)}\n`
			: renderSteps(steps.seen);
		return { status, output };
	} finally {
		steps.stop();
	}
}

const DONE = { rotate: "rotated", resume: "rotated", rollback: "rolled back" } as const;

/** `rotated a/b/c at vault, version 3 to 4 (rotation 1f2e3d)`. */
export function headOf(way: Way, { backend, id, newVersion, oldVersion, path }: Rotated): string {
	const [from, to] = way === "rollback" ? [undefined, newVersion] : [oldVersion, newVersion];
	const versions =
		to === undefined ? "" : from === undefined ? `, now version ${to}` : `, version ${from} to ${to}`;
	return `${DONE[way]} ${path} at ${backend}${versions} (rotation ${id})`;
}

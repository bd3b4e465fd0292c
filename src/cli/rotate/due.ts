import { exitStatusOf } from "../../errors.ts";
import { type DueOutcome, rotateDue } from "../../rotation/due.ts";
import { listRotations } from "../../rotation/list.ts";
import { isPast } from "../../rotation/standing.ts";
import type { CommandResult } from "../host.ts";
import { problemsOfErrors, renderTable, reportProblems } from "../report.ts";
import { headOf } from "./carry-out.ts";
import { followSteps } from "./follow.ts";
import { writeMetrics } from "./metrics.ts";
import type { Rotating } from "./open.ts";
import { jsonOf } from "./show.ts";

/** Rotates all of the map that is due. That somebody else does it is no failure. */
export async function rotateAllDue(rotating: Rotating): Promise<CommandResult> {
	const { commandLine, host, search, session } = rotating;
	if (commandLine.options.dryRun) return showDue(rotating);
	const steps = followSteps(host);
	const outcomes = await rotateDue(session.map, {
		...search,
		jobFor: (candidate) => ({ ...rotating.jobFor(candidate), ...steps.journal }),
	}).finally(() => steps.stop());
	const metricsErrors = await writeMetrics(rotating, () => listRotations(session.map, search));
	const errors = [...outcomes.flatMap(({ error }) => error ?? []), ...metricsErrors];
	reportProblems(host.log, problemsOfErrors(errors));
	return {
		status: errors.length === 0 ? 0 : exitStatusOf(errors),
		output: commandLine.options.json
			? `${JSON.stringify(outcomes.map(toRecord), undefined, 2)}\n`
			: outcomes.length === 0
				? "nothing is due\n"
				: outcomes.map((outcome) => `${lineOf(outcome)}\n`).join(""),
	};
}

function lineOf({ busy, error, path, rotated }: DueOutcome): string {
	if (rotated !== undefined) {
		const later =
			rotated.revokeAt === undefined
				? ""
				: `; its old value is revoked after ${rotated.revokeAt.toISOString()}`;
		return `${headOf("rotate", rotated)}${later}`;
	}
	return busy === undefined ? `failed ${path}: ${error?.code}` : `left ${path} alone: ${busy}`;
}

function toRecord({ busy, error, path, rotated }: DueOutcome): object {
	if (rotated !== undefined) return { outcome: "rotated", ...jsonOf(rotated) };
	if (error === undefined) return { outcome: "busy", path, detail: busy };
	return {
		outcome: "failed",
		path,
		backend: error.backend,
		error: { code: error.code, message: error.message },
	};
}

async function showDue({ commandLine, search, session }: Rotating): Promise<CommandResult> {
	const due = (await listRotations(session.map, search)).filter(({ isOverdue, unfinished }) =>
		unfinished === undefined ? isOverdue : isPast(unfinished.until),
	);
	const rows = due.map(({ dueAt, path, unfinished }) => [
		path,
		unfinished === undefined
			? `would be rotated: due since ${dueAt?.toISOString()}`
			: `would go on: ${unfinished.step}`,
	]);
	if (commandLine.options.json)
		return {
			status: 0,
			output: `${JSON.stringify(
				rows.map(([path, detail]) => ({ path, detail })),
				undefined,
				2,
			)}\n`,
		};
	return { status: 0, output: rows.length === 0 ? "nothing is due\n" : renderTable(rows as string[][]) };
}

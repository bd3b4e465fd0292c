import { exitStatusOf } from "../../errors.ts";
import { durationWords } from "../../resolve/duration-words.ts";
import { listRotations, type RotationStatus } from "../../rotation/list.ts";
import { isHeld } from "../../rotation/record.ts";
import { formatEvery } from "../../rotation/schedule.ts";
import type { CommandResult } from "../host.ts";
import { startProgress } from "../progress.ts";
import { problemsOfErrors, renderTable, reportProblems } from "../report.ts";
import { writeMetrics } from "./metrics.ts";
import type { Rotating } from "./open.ts";

/** Shows how old everything in the map is, and when it is due. */
export async function listAll(rotating: Rotating): Promise<CommandResult> {
	const { commandLine, host, search, session } = rotating;
	const progress = startProgress(host.terminal, "asking how old the secrets are");
	const rotations = await listRotations(session.map, search).finally(() => progress.stop());
	// What cannot be rotated is a line of the list, and nothing that went wrong.
	const failed = rotations.flatMap(({ error }) =>
		error === undefined || error.code === "DSTA_UNSUPPORTED" ? [] : [error],
	);
	const errors = [...failed, ...(await writeMetrics(rotating, async () => rotations))];
	reportProblems(host.log, problemsOfErrors(errors));
	return {
		status: errors.length === 0 ? 0 : exitStatusOf(errors),
		output: commandLine.options.json
			? `${JSON.stringify(rotations.map(jsonOf), undefined, 2)}\n`
			: render(rotations),
	};
}

function render(rotations: readonly RotationStatus[]): string {
	const rows = rotations.map((rotation) => {
		const { backend = "-", changedAt, dueAt, everyMs, path, version = "-" } = rotation;
		const age = changedAt === undefined ? "-" : durationWords(Date.now() - changedAt.getTime());
		const every = everyMs === undefined ? "-" : formatEvery(everyMs);
		const due = dueAt === undefined ? "-" : dueAt.toISOString().slice(0, 10);
		return [path, backend, version, age, every, due, stateOf(rotation)];
	});
	return renderTable([["PATH", "BACKEND", "VERSION", "AGE", "EVERY", "DUE", "STATE"], ...rows]);
}

/** In words. */
function stateOf({ backend, changedAt, dueAt, error, everyMs, unfinished }: RotationStatus): string {
	if (error !== undefined)
		return error.code === "DSTA_UNSUPPORTED" ? "not to be rotated here" : `failed: ${error.code}`;
	if (backend === undefined) return "not found";
	if (unfinished !== undefined) {
		const { by, step, until } = unfinished;
		const host = by.split("/")[0];
		if (step === "grace") return `old value to be revoked after ${until.toISOString()}`;
		return isHeld(unfinished) ? `under way: ${step}, by ${host}` : `stopped: ${step}, by ${host}`;
	}
	if (everyMs === undefined) return "no schedule";
	if (changedAt === undefined || dueAt === undefined) return "nobody knows how old it is";
	const leftMs = dueAt.getTime() - Date.now();
	return leftMs > 0 ? `due in ${durationWords(leftMs)}` : `overdue by ${durationWords(-leftMs)}`;
}

function jsonOf(rotation: RotationStatus): object {
	const { backend, changedAt, dueAt, error, everyMs, isOverdue, path, unfinished, version } = rotation;
	return {
		path,
		backend,
		version,
		changed_at: changedAt,
		every: everyMs === undefined ? undefined : formatEvery(everyMs),
		due_at: dueAt,
		overdue: isOverdue,
		...(unfinished === undefined
			? {}
			: {
					unfinished: {
						rotation: unfinished.id,
						step: unfinished.step,
						host: unfinished.by.split("/")[0],
						until: unfinished.until,
					},
				}),
		...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
		state: stateOf(rotation),
	};
}

import { basename, resolve } from "node:path";
import { DstaError } from "../../errors.ts";
import { renderRotationMetrics } from "../../observe/rotation-metrics.ts";
import { TEXTFILE_END, writeTextfile } from "../../observe/textfile.ts";
import type { RotationStatus } from "../../rotation/list.ts";
import { isHeld } from "../../rotation/record.ts";
import type { Rotating } from "./open.ts";

/** Writes how the fields of a map stand to the file that is asked for, if one is; answers what went wrong with that. */
export async function writeMetrics(
	{ commandLine: { options }, host }: Rotating,
	list: () => Promise<readonly RotationStatus[]>,
): Promise<readonly DstaError[]> {
	if (options.metricsTextfile === undefined) return [];
	const file = resolve(host.cwd, options.metricsTextfile);
	try {
		const text = await renderRotationMetrics(statesOf(await list()), { run: basename(file, TEXTFILE_END) });
		writeTextfile(file, text, host.process.pid);
		return [];
	} catch (error) {
		if (error instanceof DstaError) return [error];
		throw error;
	}
}

function statesOf(rotations: readonly RotationStatus[]): Parameters<typeof renderRotationMetrics>[0] {
	return {
		scheduled: rotations.flatMap(({ backend, dueAt, isOverdue, path }) =>
			backend === undefined || dueAt === undefined ? [] : [{ path, backend, dueAt, isOverdue }],
		),
		unknown: rotations.filter(({ error }) => error !== undefined && error.code !== "DSTA_UNSUPPORTED").length,
		stopped: rotations.filter(
			({ unfinished }) => unfinished !== undefined && unfinished.step !== "grace" && !isHeld(unfinished),
		).length,
	};
}

import { chainOf } from "../../resolve/chain.ts";
import { durationWords } from "../../resolve/duration-words.ts";
import { listRotations, type RotationStatus } from "../../rotation/list.ts";
import { isHeld } from "../../rotation/record.ts";
import type { Finding, Look } from "./look.ts";
import type { Patient } from "./patient.ts";

/** Whether secrets should have been rotated by now, and whether a rotation has stopped half-way. */
export function lookAtRotations({ options, session }: Patient): Look {
	return {
		check: "rotation",
		async look() {
			const { backends, chain, map, timeoutMs } = session;
			const rotations = await listRotations(map, {
				chainOf: (entry) => chainOf(entry, { backend: options.backend, chain }),
				get: (name) => backends.get(name as (typeof chain)[number]),
				timeoutMs,
			});
			const found = rotations.flatMap(observe);
			if (found.length > 0) return found;
			const known = rotations.filter(({ dueAt }) => dueAt !== undefined).length;
			const words =
				known === 0
					? "no secret is known to have a schedule"
					: `none of ${known} secrets with a schedule is overdue`;
			return [{ severity: "ok", message: words }];
		},
	};
}

function observe({
	backend,
	dueAt,
	error,
	everyMs,
	isOverdue,
	path,
	unfinished,
}: RotationStatus): readonly Omit<Finding, "check">[] {
	const about = { path, backend };
	if (unfinished !== undefined && unfinished.step !== "grace" && !isHeld(unfinished))
		return [
			{
				...about,
				severity: "warning",
				message: `the rotation of ${path} stopped at ${unfinished.step}`,
				cure: `Let it go on: dsta-run rotate --resume ${path}`,
			},
		];
	if (isOverdue && dueAt !== undefined)
		return [
			{
				...about,
				severity: "warning",
				message: `${path} should have been rotated ${durationWords(Date.now() - dueAt.getTime())} ago`,
				cure: "Rotate all that is due (dsta-run rotate --due), and have a timer do it: examples/rotation.",
			},
		];
	// A run's token need not see what tells of the age; where nobody asks for a rotation that is no matter.
	if (error === undefined || everyMs === undefined || error.code === "DSTA_UNSUPPORTED") return [];
	return [
		{ ...about, severity: "info", message: `when ${path} is to be rotated is not known: ${error.message}` },
	];
}

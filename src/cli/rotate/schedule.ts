import { formatEvery, setSchedule } from "../../rotation/schedule.ts";
import { lookAt } from "../../rotation/standing.ts";
import type { SecretPath } from "../../secret-path.ts";
import type { CommandResult } from "../host.ts";
import { findNamed, type Rotating } from "./open.ts";

/** Stores beside a secret how often it is to be rotated, or removes that. */
export async function schedule(path: SecretPath, rotating: Rotating): Promise<CommandResult> {
	const { commandLine, search } = rotating;
	const { dryRun, json, scheduleMs } = commandLine.options;
	const { candidate, target } = await findNamed(path, rotating);
	const everyMs = scheduleMs === false ? undefined : scheduleMs;
	if (!dryRun) await setSchedule(target, everyMs, search);
	const { dueAt, everyMs: now } = await lookAt(candidate, search);
	const backend = target.backend.name;
	const every = now === undefined ? undefined : formatEvery(now);
	if (json)
		return { status: 0, output: `${JSON.stringify({ path: path.text, backend, every, due_at: dueAt })}\n` };
	const verb = dryRun ? "would be" : "is";
	const asked =
		everyMs === undefined
			? "has no schedule beside it"
			: `${verb} to be rotated every ${formatEvery(everyMs)}`;
	const next = dueAt === undefined || dryRun ? "" : `, next on ${dueAt.toISOString().slice(0, 10)}`;
	const byMap = everyMs === undefined && every !== undefined ? `; the map says every ${every}` : "";
	return { status: 0, output: `${path.text} at ${backend} ${asked}${byMap}${next}\n` };
}

import type { RotateSettings } from "../../map/secret-map.ts";
import { DEFAULT_WAIT_MS } from "../../rotation/instances.ts";
import type { Job } from "../../rotation/job.ts";
import { openLedger } from "../../rotation/ledger.ts";
import { formatEvery } from "../../rotation/schedule.ts";
import type { Target } from "../../rotation/target.ts";
import { renderTable } from "../report.ts";
import type { Way } from "./carry-out.ts";

/** What is asked for. */
export interface Planned {
	readonly target: Target;
	readonly job: Job;
	readonly json: boolean;
}

/** What would be done, of which nothing is. */
export async function renderPlan(way: Way, { job, json, target }: Planned): Promise<string> {
	const { backend, current, path } = target;
	const record = await openLedger(target, job).read();
	const steps =
		way === "rollback" ? [["rollback", `to version ${record?.oldVersion ?? "none"}`]] : stepsOf(target, job);
	const known =
		record === undefined || record.step === "seen"
			? undefined
			: { step: record.step, by: record.by.split("/")[0], at: record.at };
	if (json) {
		const planned = steps.map(([step, detail]) => ({ step, detail }));
		const plan = {
			path: path.text,
			backend: backend.name,
			version: current?.version,
			last_rotation: known,
			steps: planned,
		};
		return `${JSON.stringify(plan, undefined, 2)}\n`;
	}
	const before =
		known === undefined ? "" : `; its last rotation: ${known.step} (${known.by}, ${known.at.toISOString()})`;
	return `would ${way} ${path.text} at ${backend.name}, now version ${current?.version}${before}; nothing was done\n\n${renderTable(
		steps.map(([step, detail]) => [`  ${step}`, detail as string]),
	)}`;
}

function stepsOf({ current }: Target, { giveValue, settings }: Job): readonly (readonly string[])[] {
	const { generate, revoke, verify } = settings;
	const made = typeof generate === "object" ? generate.command[0] : (generate ?? "nothing makes a new value");
	const after = revoke?.afterMs === undefined ? "" : `, ${formatEvery(revoke.afterMs)} later`;
	return [
		["generate", giveValue === undefined ? made : "given"],
		["update", current?.location ?? ""],
		["restart", restartOf(settings)],
		["verify", verify?.command[0] ?? "nothing"],
		["revoke", revoke === undefined ? "nothing" : `${revoke.command[0]}${after}`],
		["document", "the audit log, where one is named"],
	];
}

// Of a command only its name: its arguments are the map's own business.
function restartOf({ restart }: RotateSettings): string {
	if (restart === undefined) return "nothing";
	if ("command" in restart) return restart.command[0];
	const { timeoutMs = DEFAULT_WAIT_MS, waitFor } = restart;
	return `up to ${formatEvery(timeoutMs)} for ${waitFor.join(", ")}`;
}

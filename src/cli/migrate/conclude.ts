import type { WritableBackend } from "../../backends/backend.ts";
import { exitStatusOf } from "../../errors.ts";
import type { CommandResult } from "../host.ts";
import type { CommandLine } from "../options.ts";
import { isToWrite, type Outcome } from "./carry-out.ts";
import type { Plan } from "./plan.ts";
import { renderRows, toRows } from "./show.ts";
import type { Source } from "./source.ts";

/** What is moved where. */
export interface Moving {
	readonly plan: Plan;
	readonly source: Source;
	readonly backend: WritableBackend;
	readonly commandLine: CommandLine;
	readonly hasMap: boolean;
}

/** The status where a variable was kept back because its place holds another value. */
const DIFFERS = 65;

/** What is shown at the end; without an outcome nothing was tried. */
export function conclude(moving: Moving, outcome?: Outcome): CommandResult {
	const { backend, commandLine, plan, source } = moving;
	const rows = toRows(plan, outcome);
	const { errors = [] } = outcome ?? {};
	const differs = plan.steps.some(({ action }) => action === "differs");
	const status = errors.length > 0 ? exitStatusOf(errors) : differs ? DIFFERS : 0;
	if (commandLine.options.json) {
		const to = { backend: backend.name, at: backend.description };
		const report = { status, from: source.name, to, variables: rows };
		return { status, output: `${JSON.stringify(report, undefined, 2)}\n` };
	}
	const head = `${source.name} to ${backend.name} (${backend.description})\n\n`;
	const last = outcome === undefined ? wordsBefore(moving) : wordsAfter(moving, outcome);
	return { status, output: `${head}${renderRows(rows, outcome !== undefined)}\n${last}\n` };
}

/** What there is to do, as an order. */
export function describeWork({ backend, commandLine, plan, source }: Moving): string {
	const writes = plan.steps.filter(isToWrite);
	const secrets = new Set(writes.map(({ place }) => place.secret)).size;
	const what = `${count(writes.length, "value")} to ${count(secrets, "secret")}`;
	return [
		...(writes.length === 0 ? [] : [`write ${what} at ${backend.description}`]),
		...(commandLine.options.removeSource ? [`take what was moved out of ${source.name}`] : []),
	].join(", then ");
}

/** The variables that have gone to all their places, once it is carried out. */
export function movedNames({ left, steps }: Plan): ReadonlySet<string> {
	const kept = new Set(left.map(({ name }) => name));
	return new Set(steps.map(({ name }) => name).filter((name) => !kept.has(name)));
}

function wordsBefore(moving: Moving): string {
	const work = moving.plan.steps.length === 0 ? "" : describeWork(moving);
	return work === "" ? "nothing to do" : `would ${work}; nothing was written`;
}

function wordsAfter({ commandLine, hasMap, plan, source }: Moving, { errors, verified }: Outcome): string {
	const { removeSource, to } = commandLine.options;
	if (errors.length > 0 || verified.size < plan.steps.length)
		return `not all is at its place${removeSource ? `, so nothing was taken out of ${source.name}` : ""}; run this again to go on`;
	const next = hasMap ? "dsta-run check" : "a map that names these paths (dsta-run init)";
	if (removeSource)
		return `all was read back, then taken out of ${source.name}, of which no copy was kept. Next: ${next}`;
	const removal = source.file === undefined ? "" : `, then dsta-run migrate --to ${to} --remove-source`;
	return `all was read back; ${source.name} still has it. Next: ${next}${removal}`;
}

function count(number: number, noun: string): string {
	return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

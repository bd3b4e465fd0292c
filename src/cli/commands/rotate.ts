import type { CommandResult, Host } from "../host.ts";
import { usage } from "../mistakes.ts";
import { pathOperand } from "../operand.ts";
import type { CommandLine, Options } from "../options.ts";
import { carryOut } from "../rotate/carry-out.ts";
import { rotateAllDue } from "../rotate/due.ts";
import { listAll } from "../rotate/list.ts";
import { openRotating } from "../rotate/open.ts";
import { schedule } from "../rotate/schedule.ts";
import { checkTextfile } from "../telemetry-settings.ts";

/**
 * Gives a field a new value by the steps of its rotation, goes on with one or takes it back; says how often it is to be
 * rotated; lists the rotations of a map, or does those that are due.
 * @throws {DstaError} DSTA_USAGE the words make no sense together
 */
export async function rotate(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const { operands, options } = commandLine;
	const [mode = "rotate", ...others] = modesOf(options);
	if (others.length > 0)
		throw usage(`--${mode} and --${others[0]} contradict each other`, "Give one of them.");
	const [text] = operands;
	const isOfMap = mode === "list" || mode === "due";
	if (isOfMap && text !== undefined)
		throw usage(`dsta-run rotate --${mode} is about the whole map and takes no path`, "Leave the path out.");
	if (!isOfMap && text === undefined)
		throw usage(
			"dsta-run rotate needs a path",
			"Write: dsta-run rotate exchange/binance/api_key, or --due, or --list",
		);
	checkSource(mode, commandLine);
	checkMetrics(mode, options);
	const rotating = await openRotating(commandLine, host, { needsMap: isOfMap });
	const { release } = rotating.session.backends;
	if (mode === "list") return listAll(rotating).finally(release);
	if (mode === "due") return rotateAllDue(rotating).finally(release);
	const path = pathOperand(text as string);
	if (mode === "schedule") return schedule(path, rotating).finally(release);
	return carryOut(mode, path, rotating).finally(release);
}

function checkMetrics(mode: Mode, { metricsTextfile }: Options): void {
	checkTextfile(metricsTextfile);
	if (metricsTextfile === undefined || mode === "list" || mode === "due") return;
	throw usage(
		"--metrics-textfile is about the rotations of a whole map",
		"Give it with --due or --list, or leave it out.",
	);
}

type Mode = "rotate" | "resume" | "rollback" | "schedule" | "due" | "list";

function modesOf({ due, list, resume, rollback, scheduleMs }: Options): readonly Mode[] {
	const given = { schedule: scheduleMs !== undefined, resume, rollback, due, list };
	return (Object.keys(given) as (keyof typeof given)[]).filter((mode) => given[mode]);
}

function checkSource(mode: Mode, { command, options: { valueFrom } }: CommandLine): void {
	const hasCommand = command.length > 0;
	if (hasCommand && valueFrom !== undefined)
		throw usage("--value-from and the command after -- contradict each other", "Give one of them.");
	if (mode === "rotate" || mode === "resume" || (valueFrom === undefined && !hasCommand)) return;
	throw usage(
		`dsta-run rotate --${mode} takes no new value`,
		"Leave out --value-from, or the command after --.",
	);
}

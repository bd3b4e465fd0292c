import { isWritable, type WritableBackend } from "../../backends/backend.ts";
import { signalAfter } from "../../backends/deadline.ts";
import type { BackendName } from "../../backends/registry.ts";
import { DstaError, exitStatusOf } from "../../errors.ts";
import type { AuditRecord } from "../../observe/audit/record.ts";
import { unconfigured } from "../../resolve/unconfigured.ts";
import type { CommandResult, Host } from "../host.ts";
import { assignByMap } from "../migrate/by-map.ts";
import { assignByName } from "../migrate/by-name.ts";
import { UNMAPPED } from "../migrate/by-wildcard.ts";
import { carryOut, isToWrite, type Outcome } from "../migrate/carry-out.ts";
import { conclude, describeWork, type Moving, movedNames } from "../migrate/conclude.ts";
import { makePlan, type Step } from "../migrate/plan.ts";
import { checkRemovable, removeVariables } from "../migrate/remove.ts";
import { renderRows, toRows } from "../migrate/show.ts";
import { loadSource, type Source } from "../migrate/source.ts";
import { usage } from "../mistakes.ts";
import type { CommandLine } from "../options.ts";
import { reportProblem } from "../report.ts";
import { EMPTY_MAP, openSession, type Session } from "../session.ts";

/**
 * Moves variables to their paths: shows what it would do, asks, writes, and reads back what it wrote. The source stays as it is
 * unless it is to go, and then only once all of it was read back.
 * @throws {DstaError} DSTA_USAGE it is not said where to, or nobody said yes · DSTA_CONFIG the target is not configured · as `loadSource`
 */
export async function migrate(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const { from = ".env", removeSource, to } = commandLine.options;
	if (to === undefined)
		throw usage("dsta-run migrate needs to know where to", "Write: dsta-run migrate --to vault, or --to aws");
	const source = await loadSource(from, host);
	if (removeSource) checkRemovable(source);
	// What is named on the command line is to be used where it can.
	const session = await openSession(
		{ ...commandLine, options: { ...commandLine.options, backend: to } },
		host,
		{ needsMap: false },
	);
	return move(await openTarget(session, to), { commandLine, host, session, source, to }).finally(
		session.backends.release,
	);
}

interface Work {
	readonly commandLine: CommandLine;
	readonly host: Host;
	readonly session: Session;
	readonly source: Source;
	readonly to: BackendName;
}

async function move(
	backend: WritableBackend,
	{ commandLine, host, session, source, to }: Work,
): Promise<CommandResult> {
	const { dryRun, force, removeSource } = commandLine.options;
	const deadline = () => signalAfter(session.timeoutMs);
	const plan = await makePlan(assign(source, session, to), backend, { force, signal: deadline() });
	for (const error of plan.errors) reportProblem(host.log, { error, names: [] });
	if (plan.errors.length > 0) return { status: exitStatusOf(plan.errors) };
	const moving: Moving = { plan, source, backend, commandLine, hasMap: session.map !== EMPTY_MAP };
	const hasWork = plan.steps.some(isToWrite) || (removeSource && plan.steps.length > 0);
	if (dryRun || !hasWork) return conclude(moving);
	await askFirst(moving, host);
	const audit = await session.openAudit();
	const outcome = await carryOut(plan, backend, { force, deadline });
	audit?.note(outcome.written.map((step) => recordOf(step, backend)));
	const errors = [...outcome.errors, ...(removeSource ? takeOut(moving, outcome) : [])];
	for (const error of errors) reportProblem(host.log, { error, names: [] });
	return conclude(moving, { ...outcome, errors });
}

function recordOf({ location, name, place }: Step, { name: backend }: WritableBackend): AuditRecord {
	return { action: "migrate", path: place.path.text, backend, location, names: [name] };
}

async function openTarget({ backends }: Session, name: BackendName): Promise<WritableBackend> {
	const backend = await backends.get(name);
	if (backend === undefined) throw unconfigured(name, "--to names");
	if (isWritable(backend)) return backend;
	throw new DstaError("DSTA_UNSUPPORTED", `${name} cannot be written`, {
		cure: "Move the variables to vault or aws.",
	});
}

function assign({ file, name, values }: Source, { map }: Session, to: BackendName) {
	if (map !== EMPTY_MAP) {
		const assigned = assignByMap(values, { map, target: to, takesRest: file !== undefined });
		// Of a whole environment most is none of the map's.
		return file === undefined ? assigned.filter(({ reason }) => reason !== UNMAPPED) : assigned;
	}
	if (file !== undefined) return assignByName(values);
	throw usage(
		`What of ${name} is to be moved only a map says, and there is none`,
		"Write one with dsta-run init, or name one with --map.",
	);
}

async function askFirst(moving: Moving, host: Host): Promise<void> {
	if (moving.commandLine.options.yes) return;
	const question = describeWork(moving);
	host.terminal.write(`${renderRows(toRows(moving.plan), false)}\n`);
	if (!host.process.stdin.isTTY || !host.terminal.isTTY())
		throw usage("Nothing was written: there is no terminal to ask on", `Add --yes to ${question}.`);
	const { askYesNo } = await import("../prompt.ts");
	const isWanted = await askYesNo(host, `${question.charAt(0).toUpperCase()}${question.slice(1)}?`);
	if (!isWanted)
		throw usage("Nothing was written", "Answer y to go on, or see what would be done with --dry-run.");
}

// Only when all is at its place: what was kept back or failed may have to be looked up in the source again.
function takeOut({ plan, source }: Moving, { errors, verified }: Outcome): readonly DstaError[] {
	if (errors.length > 0 || verified.size < plan.steps.length) return [];
	try {
		removeVariables(source, movedNames(plan));
		return [];
	} catch (error) {
		if (error instanceof DstaError) return [error];
		throw error;
	}
}

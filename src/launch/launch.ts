import { type Ending, loadStart, type Start, superviseCommand } from "./child.ts";
import type { Command } from "./command.ts";
import type { CoreDumps } from "./core-dump.ts";
import type { Variables } from "./environment.ts";
import { withFiles } from "./files.ts";
import type { Inheritance } from "./native/inheritance.ts";
import type { ServiceManager } from "./notify.ts";
import { hasTerminal, type Signals } from "./signals.ts";
import type { Supervision } from "./supervision.ts";

/** What of this process a command takes over. */
export interface Own {
	readonly process: NodeJS.Process;
	/** Of the standalone executable alone. */
	readonly inheritance: Inheritance | undefined;
	readonly signals: Signals;
	readonly coreDumps: CoreDumps;
	/** Who is to hear of the command, where somebody is. */
	readonly serviceManager?: ServiceManager | undefined;
	readonly supervision: Supervision;
	/** Says what the command does not get, or what becomes of it, and perhaps what to do about it. */
	readonly warn: (message: string, fix?: { readonly cure: string }) => void;
}

/**
 * Makes sure, before anybody is asked for a secret, that this build can run a command as it is asked to; where that takes a reaper
 * above this process, it is started again below one.
 * @throws {DstaError} DSTA_UNSUPPORTED it cannot
 */
export async function prepareLaunch(mode: "spawn" | "exec", own: Own, env: Variables): Promise<void> {
	const { supervision } = own;
	if (isSupervised(supervision)) (await import("./supervision.ts")).checkSupervision(supervision, mode);
	if (mode === "spawn" && needsReaper(own)) await (await import("./pid1.ts")).startBelowReaper(own, env);
}

/**
 * Runs a command and tells how it ended, if there is still somebody to tell.
 * @throws {DstaError} DSTA_COMMAND_NOT_FOUND, DSTA_NOT_EXECUTABLE · DSTA_INVALID_VALUE environment or arguments are too large ·
 * DSTA_UNSUPPORTED the sockets of a service manager cannot be handed over · DSTA_OUTPUT its files cannot be written
 */
export type Launch = (command: Command) => Promise<Ending>;

/** Loads the way in which a command is run: `spawn` stays in front of it, `exec` becomes it. */
export async function loadLaunch(mode: "spawn" | "exec", own: Own): Promise<Launch> {
	if (mode === "exec") {
		const { replaceByCommand } = await import("./replace.ts");
		return (command) => {
			own.serviceManager?.ready();
			return replaceByCommand(command, own);
		};
	}
	const { coreDumps, process, serviceManager, signals, supervision, warn } = own;
	const plain = await loadStartHere(own);
	const supervised = isSupervised(supervision)
		? (await import("./supervision.ts")).startSupervised(plain, supervision, { process, warn })
		: plain;
	const withOwnFiles = withFiles(supervised);
	const start = serviceManager?.tellOf(withOwnFiles) ?? withOwnFiles;
	return async (command) => {
		// One that came during our own work is to end the run before the command starts.
		await signals.settle();
		return superviseCommand(command, { pid: process.pid, signals, coreDumps, start });
	};
}

async function loadStartHere({ inheritance, process, signals, supervision }: Own): Promise<Start> {
	let start = await loadStart(process, { inheritance, isSubreaper: supervision.subreaper === true });
	if (needsReaper({ inheritance, process }))
		start = (await import("./pid1.ts")).withSubreaper(start, process);
	if (!hasTerminal()) return start;
	const { withJobControl } = await import("./job-control.ts");
	return withJobControl(start, { process, signals });
}

/** Whether orphans fall to this process that it cannot wait for: the standalone executable can. */
function needsReaper({ inheritance, process }: Pick<Own, "inheritance" | "process">): boolean {
	return process.pid === 1 && inheritance === undefined;
}

function isSupervised({ killAfterMs, onOrphan, signals, subreaper }: Supervision): boolean {
	return subreaper === true || [killAfterMs, onOrphan, signals].some((setting) => setting !== undefined);
}

import { type Ending, loadStart, superviseCommand } from "./child.ts";
import type { Command } from "./command.ts";
import type { CoreDumps } from "./core-dump.ts";
import { withFiles } from "./files.ts";
import type { Inheritance } from "./native/inheritance.ts";
import type { ServiceManager } from "./notify.ts";
import type { Signals } from "./signals.ts";

/** What of this process a command takes over. */
export interface Own {
	readonly process: NodeJS.Process;
	/** Of the standalone executable alone. */
	readonly inheritance: Inheritance | undefined;
	readonly signals: Signals;
	readonly coreDumps: CoreDumps;
	/** Who is to hear of the command, where somebody is. */
	readonly serviceManager: ServiceManager | undefined;
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
	const { coreDumps, inheritance, process, serviceManager, signals } = own;
	const plainStart = withFiles(await loadStart(process, inheritance));
	const start = serviceManager?.tellOf(plainStart) ?? plainStart;
	return async (command) => {
		// One that came during our own work is to end the run before the command starts.
		await signals.settle();
		return superviseCommand(command, { pid: process.pid, signals, coreDumps, start });
	};
}

import { readdirSync, readlinkSync } from "node:fs";
import { HAS_LIBC } from "./native/libc.ts";
import type { Signals } from "./signals.ts";

/** What tells whether somebody wants to debug this very process. */
export type DebuggedProcess = Pick<NodeJS.Process, "execArgv">;

/**
 * Closes Node's inspector, through which any user of this machine could read the memory of this process. It is open where
 * NODE_OPTIONS, which is for the command, says `--inspect`: the command gets the port then. And a USR1 that comes before there
 * is a listener opens it, at the latest with the next turn of the event loop. To be called before any socket of ours is there.
 * An inspector that was asked for on our own command line (`node --inspect`) stays.
 */
export async function closeInspector(
	{ execArgv }: DebuggedProcess,
	signals: Pick<Signals, "settle">,
): Promise<void> {
	// The standalone executable is built without the switches that would open one.
	if (HAS_LIBC) return;
	await signals.settle();
	if (execArgv.some((option) => option.startsWith("--inspect")) || !mayListen()) return;
	const inspector = await import("node:inspector");
	if (inspector.url() !== undefined) inspector.close();
}

// To load the inspector's module takes milliseconds, to see that there is no socket does not.
function mayListen(): boolean {
	try {
		const folder = "/proc/self/fd";
		return readdirSync(folder).some((fd) => Number(fd) > 2 && isSocket(`${folder}/${fd}`));
	} catch {
		return true;
	}
}

function isSocket(link: string): boolean {
	try {
		return readlinkSync(link).startsWith("socket:");
	} catch {
		// The descriptor by which the folder was read is closed again.
		return false;
	}
}

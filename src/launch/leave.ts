import { existsSync, openSync } from "node:fs";
import { isOpen } from "./activation.ts";

/** What a process must have to be left. */
export type LeavableProcess = Pick<
	NodeJS.Process,
	"env" | "execPath" | "execve" | "exit" | "getActiveResourcesInfo"
>;

/**
 * Ends this process with a status, at once. At its exit Node waits for the threads that look host names up, which a silent name
 * server keeps for half a minute, and for those that write to a pipe which nobody reads; nobody can call them back: a new image of Node
 * has none, and that status is all it is for.
 */
export function leave(process: LeavableProcess, status: number): never {
	const { env, execve, execPath } = process;
	const isHeld = execve !== undefined && process.getActiveResourcesInfo().some((name) => HOLDING.has(name));
	if (isHeld && existsSync(ITSELF) && openStreams())
		execve(ITSELF, [execPath, "-e", `process.exit(${status})`], {
			...(env.LD_LIBRARY_PATH ? { LD_LIBRARY_PATH: env.LD_LIBRARY_PATH } : {}),
		});
	return process.exit(status);
}

// Node executes nothing without its standard streams, which may have been left to the terminal. An image may have no /dev.
function openStreams(): boolean {
	try {
		// The lowest that is free is the one that is opened.
		for (const fd of [0, 1, 2]) if (!isOpen(fd)) openSync("/dev/null", "r+");
		return true;
	} catch {
		return false;
	}
}

const HOLDING = new Set(["GetAddrInfoReqWrap", "FSReqCallback"]);
const ITSELF = "/proc/self/exe";

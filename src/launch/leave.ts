import { existsSync } from "node:fs";

/** What a process must have to be left. */
export type LeavableProcess = Pick<
	NodeJS.Process,
	"env" | "execPath" | "execve" | "exit" | "getActiveResourcesInfo"
>;

/**
 * Ends this process with a status, at once. At its exit Node waits for the threads that look host names up, which a silent name
 * server keeps for half a minute and nobody can call back: a new image of Node has none, and that status is all it is for.
 */
export function leave(process: LeavableProcess, status: number): never {
	const { env, execve, execPath } = process;
	const isHeld = execve !== undefined && process.getActiveResourcesInfo().includes("GetAddrInfoReqWrap");
	if (isHeld && existsSync(ITSELF))
		execve(ITSELF, [execPath, "-e", `process.exit(${status})`], {
			...(env.LD_LIBRARY_PATH ? { LD_LIBRARY_PATH: env.LD_LIBRARY_PATH } : {}),
		});
	return process.exit(status);
}

const ITSELF = "/proc/self/exe";

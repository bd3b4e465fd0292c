import type { Command } from "./command.ts";

/** The first argument by which the standalone executable calls itself. */
export const TIED = "--tied";

const ITSELF = "/proc/self/exe";

/**
 * Makes the command one that gets a signal when the process with a pid, its parent, is killed. Only a process itself can ask the
 * kernel for that: so the executable is started once more, asks, and becomes the command.
 */
export function tieToParent(command: Command, { pid, signal }: Tie): Command {
	const args = [TIED, `${signal}`, `${pid}`, command.file, ...command.args];
	return { ...command, file: ITSELF, args };
}

/** What a command gets when its parent is killed, and who that is. */
export interface Tie {
	readonly signal: number;
	readonly pid: number;
}

import { childrenOf, threadsOf } from "./proc.ts";

type Killer = Pick<NodeJS.Process, "kill">;

/** Kills a process and all of its group. */
export function killGroup(process: Killer, pid: number): void {
	kill(process, -pid);
}

/** Kills a process and all below it. */
export function killTree(process: Killer, pid: number): void {
	// Looked for first: once it is gone, they are below somebody else.
	const below = threadsOf(pid).flatMap((thread) => childrenOf(pid, thread) ?? []);
	kill(process, pid);
	for (const child of below) killTree(process, child);
}

function kill(process: Killer, pid: number): void {
	try {
		process.kill(pid, "SIGKILL");
	} catch {
		// Nobody is there any more.
	}
}

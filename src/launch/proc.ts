import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * What the system says of a process, from its state on, which is the third field; before it stands a name that may hold anything.
 * `undefined` where there is no such process. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function readStat(pid: number | string | undefined): readonly string[] | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	} catch {
		return undefined;
	}
}

/** The threads of a process; none where there is no such process. */
export function threadsOf(pid: number): readonly number[] {
	try {
		return readdirSync(`/proc/${pid}/task`).map(Number);
	} catch {
		return [];
	}
}

/** The children that a thread of a process has started or inherited; `undefined` where the system does not tell. */
export function childrenOf(
	pid: number | string,
	thread: number | string = pid,
): readonly number[] | undefined {
	try {
		return readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1")
			.split(" ")
			.filter(Boolean)
			.map(Number);
	} catch {
		return undefined;
	}
}

/** Whether /proc speaks of the processes that our pids mean: it may be the one that was mounted for another PID namespace. */
export function isProcOurs(pid: number): boolean {
	try {
		return readlinkSync("/proc/self") === String(pid);
	} catch {
		return false;
	}
}

import { readFileSync, readlinkSync } from "node:fs";

/**
 * Where pids mean the same: a boot of the system and a PID namespace of it, since containers may share a directory and machines
 * a disk. `undefined` where /proc does not tell.
 */
export function findPidSpace(pid: number): string | undefined {
	try {
		// One that is mounted for another namespace speaks of other processes.
		if (readlinkSync("/proc/self") !== String(pid)) return undefined;
		const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").slice(0, 8);
		const namespace = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0];
		return namespace === undefined ? undefined : `${boot}.${namespace}`;
	} catch {
		return undefined;
	}
}

/** A process as a text that no other one has in its PID space, since pids are given again; `undefined` where it has ended. */
export function identify(pid: number | string): string | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: after the name, which may hold anything, the state is the third field.
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		return fields[STATE] === "Z" ? undefined : `${pid}.${fields[START_TIME]}`;
	} catch {
		return undefined;
	}
}

const STATE = 3 - 3;
const START_TIME = 22 - 3;

/** Whether the process that `identify` described still runs. */
export function isRunning(identity: string): boolean {
	return identify(identity.slice(0, identity.indexOf("."))) === identity;
}

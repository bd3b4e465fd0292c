import { readFileSync, readlinkSync } from "node:fs";
import { isProcOurs, readStat } from "../proc.ts";

/**
 * Where pids mean the same: a boot of the system and a PID namespace of it, since containers may share a directory and machines
 * a disk. `undefined` where /proc does not tell.
 */
export function findPidSpace(pid: number): string | undefined {
	if (!isProcOurs(pid)) return undefined;
	try {
		const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").slice(0, 8);
		const namespace = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0];
		return namespace === undefined ? undefined : `${boot}.${namespace}`;
	} catch {
		return undefined;
	}
}

/** A process as a text that no other one has in its PID space, since pids are given again; `undefined` where it has ended. */
export function identify(pid: number | string): string | undefined {
	const fields = readStat(pid);
	return fields === undefined || fields[STATE] === "Z" ? undefined : `${pid}.${fields[START_TIME]}`;
}

const STATE = 3 - 3;
const START_TIME = 22 - 3;

/** Whether the process that `identify` described still runs. */
export function isRunning(identity: string): boolean {
	return identify(identity.slice(0, identity.indexOf("."))) === identity;
}

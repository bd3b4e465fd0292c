import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Who } from "./record.ts";

/** What is known of a process from elsewhere. */
export interface Known {
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly pid: number;
	readonly uid: number | undefined;
	/** Of dsta-run. */
	readonly version: string;
}

/** Finds out in whose name a process acts. */
export function findWho({ env, pid, uid, version }: Known): Who {
	const loginUid = readLoginUid();
	return {
		user: nameOf(uid),
		uid,
		login_uid: loginUid === uid ? undefined : loginUid,
		sudo_user: env.SUDO_USER?.slice(0, 256) || undefined,
		host: hostname(),
		pid,
		dsta_run: version,
		run: randomBytes(8).toString("hex"),
	};
}

// Not by os.userInfo(), for which Bun takes $USER, where anybody could write another name. A container need not know its user.
function nameOf(uid: number | undefined): string | undefined {
	try {
		const lines = readFileSync("/etc/passwd", "utf8").split("\n");
		return lines.map((line) => line.split(":")).find(([, , id]) => id === String(uid))?.[0];
	} catch {
		return undefined;
	}
}

const NOBODY = 2 ** 32 - 1;

// https://man7.org/linux/man-pages/man5/proc_pid_loginuid.5.html
function readLoginUid(): number | undefined {
	try {
		const uid = Number(readFileSync("/proc/self/loginuid", "latin1"));
		return uid === NOBODY ? undefined : uid;
	} catch {
		return undefined;
	}
}

import { accessSync, constants, statfsSync, statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { DstaError } from "../../errors.ts";
import type { Variables } from "../environment.ts";

/** A directory in which this user may have a private one. */
export interface Place {
	readonly path: string;
	/** Whether what lies there is in memory, and on no disk. */
	readonly isTmpfs: boolean;
}

/** What to do where no place is right. */
export const ADVICE = "Mount a tmpfs at /dev/shm, or name one that belongs to this user in XDG_RUNTIME_DIR.";

/** Of tmpfs and ramfs: https://man7.org/linux/man-pages/man2/statfs.2.html */
const TMPFS = [0x01021994, 0x858458f6];

/**
 * Finds the place for files that are to touch no disk: the first that lies in memory of what the service manager or the session
 * gives, and what systems have; without one the directory for temporary files.
 * @throws {DstaError} DSTA_CONFIG there is none
 */
export function choosePlace(env: Variables, user: number): Place {
	const temporary = [env.TMPDIR, "/tmp"];
	// systemd joins several of one service with colons.
	const given = [env.RUNTIME_DIRECTORY?.split(":")[0], env.XDG_RUNTIME_DIR];
	const places = [...given, "/run", "/dev/shm", ...temporary]
		.filter((path): path is string => path !== undefined && isAbsolute(path) && isUsable(path, user))
		.map((path) => ({ path, isTmpfs: TMPFS.includes(statfsSync(path).type) }));
	const place = places.find(({ isTmpfs }) => isTmpfs) ?? places.find(({ path }) => temporary.includes(path));
	if (place !== undefined) return place;
	throw new DstaError("DSTA_CONFIG", "There is no directory for files of secrets: none can be written to", {
		cure: ADVICE,
	});
}

const ROOT = 0;
/** Whom a user namespace shows in the place of root and of all others outside of it. */
const UNMAPPED = 65_534;
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

// In a directory of somebody else, or one where everybody may rename everything, others could put their file in the place of ours.
function isUsable(path: string, user: number): boolean {
	try {
		const { mode, uid } = statSync(path);
		accessSync(path, constants.W_OK | constants.X_OK);
		return [user, ROOT, UNMAPPED].includes(uid) && ((mode & OTHERS_WRITE) === 0 || (mode & STICKY) !== 0);
	} catch {
		return false;
	}
}

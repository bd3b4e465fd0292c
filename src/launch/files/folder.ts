import { chmodSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { findPidSpace, identify, isRunning } from "./owner.ts";
import type { Place } from "./place.ts";

/** What the name of a folder says: the PID space and the process of its owner. */
const NAME = /^dsta-run-(\w+\.\d+)-(\d+\.\d+)-\w+$/;

/** A link to nowhere that says for which process a folder was made: it takes no room, and no umask acts on it. */
const USER = ".user";

export interface Owner {
	readonly pid: number;
	readonly user: number;
}

/** A path for a new folder, which nobody else has and from which a later start knows its owner. */
export function folderPath({ path }: Place, pid: number): string {
	const owner = `${findPidSpace(pid) ?? "unknown"}-${identify(pid) ?? pid}`;
	return join(path, `dsta-run-${owner}-${Math.random().toString(36).slice(2)}`);
}

/** Makes a folder, whatever the umask; one that is there already is an error. */
export function makeFolder(folder: string, mode: number): void {
	mkdirSync(folder, 0o700);
	chmodSync(folder, mode);
}

/** Notes for whom a folder is, so that a later start leaves it alone for as long as he runs, whatever has become of us. */
export function noteUser(folder: string, pid: number): void {
	try {
		symlinkSync(identify(pid) ?? "ended", join(folder, USER));
	} catch {
		// The command has the folder now, and may have done with it what it likes.
	}
}

/** Removes a folder with all that is in it. */
export function removeFolder(folder: string): void {
	rmSync(folder, { recursive: true, force: true });
}

/** Removes the folders that nobody removed: this user's, of owners that were killed, and whose command has ended as well. */
export async function removeStaleFolders(place: Place, { pid, user }: Owner): Promise<void> {
	const space = findPidSpace(pid);
	for (const name of listFolder(place.path)) {
		const [, itsSpace, owner = ""] = NAME.exec(name) ?? [];
		if (itsSpace === undefined) continue;
		const folder = join(place.path, name);
		try {
			if (lstatSync(folder).uid !== user) continue;
			const isStale =
				itsSpace === space
					? !isRunning(owner) && !isRunning(readUser(folder))
					: // A disk may be shared with other machines, where nobody here could answer.
						place.isTmpfs && (await (await import("./lifeline.ts")).isDeserted(folder));
			if (isStale) removeFolder(folder);
		} catch {
			// Another start removes it at this moment.
		}
	}
}

function listFolder(path: string): readonly string[] {
	try {
		return readdirSync(path);
	} catch {
		// One may be allowed to write in it and not to look.
		return [];
	}
}

function readUser(folder: string): string {
	try {
		return readlinkSync(join(folder, USER));
	} catch {
		// The owner was killed before the command began.
		return "";
	}
}

import {
	closeSync,
	fstatSync,
	fsyncSync,
	openSync,
	readdirSync,
	renameSync,
	rmSync,
	statSync,
	unlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/** A file that was the current one: `audit.jsonl.3`. The higher the number the newer it is; a name never changes. */
export interface Rotated {
	readonly file: string;
	readonly number: number;
	readonly size: number;
	readonly modifiedMs: number;
}

/** The rotated files of a log, the oldest first. */
export function listRotated(file: string): readonly Rotated[] {
	const prefix = `${basename(file)}.`;
	return readdirSync(dirname(file))
		.filter((name) => name.startsWith(prefix) && /^[1-9]\d*$/.test(name.slice(prefix.length)))
		.flatMap((name): Rotated[] => {
			const path = join(dirname(file), name);
			// Somebody may remove it at this moment.
			const stats = statSync(path, { throwIfNoEntry: false });
			if (stats === undefined) return [];
			const number = Number(name.slice(prefix.length));
			return [{ file: path, number, size: stats.size, modifiedMs: stats.mtimeMs }];
		})
		.sort((one, other) => one.number - other.number);
}

/** A rotation takes milliseconds: whoever has not ended it by then was killed. */
const ROTATION_MS = 60_000;

/**
 * Moves the current file, which is open, to the next number, and removes those that are too old. Whoever makes an empty file of
 * that number does it, so that no two do and none is written over. `false`: somebody else is at it.
 */
export function rotate(file: string, descriptor: number, keep: number): boolean {
	const rotated = listRotated(file);
	const newest = rotated.at(-1);
	if (newest?.size === 0 && Math.abs(Date.now() - newest.modifiedMs) < ROTATION_MS) return false;
	const next = `${file}.${(newest?.number ?? 0) + 1}`;
	if (!claim(next)) return false;
	if (isCurrent(file, descriptor)) renameSync(file, next);
	else unlinkSync(next);
	syncFolder(file);
	for (const old of rotated.slice(0, Math.max(0, rotated.length + 1 - keep)))
		rmSync(old.file, { force: true });
	return true;
}

/** Whether what is open is still the current file, and was not moved away. */
export function isCurrent(file: string, descriptor: number): boolean {
	return statSync(file, { throwIfNoEntry: false })?.ino === fstatSync(descriptor).ino;
}

/** Makes sure that the names of files last. */
export function syncFolder(file: string): void {
	const folder = openSync(dirname(file), "r");
	try {
		fsyncSync(folder);
	} finally {
		closeSync(folder);
	}
}

function claim(file: string): boolean {
	try {
		closeSync(openSync(file, "wx", 0o600));
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
		throw error;
	}
}

import { constants, type Stats } from "node:fs";
import { mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DstaError } from "../../errors.ts";

/** More than the secrets of any map take. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads the file of a snapshot, which nobody but this user can have made or changed.
 * @throws {DstaError} DSTA_CONFIG others can, or it cannot be read
 */
export async function readSnapshotFile(file: string, user: number): Promise<Buffer> {
	try {
		refuse(folderFault(await stat(dirname(file)), user));
		// To open a FIFO could wait for ever.
		const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
		try {
			refuse(fileFault(await handle.stat(), user));
			return await handle.readFile();
		} finally {
			await handle.close();
		}
	} catch (error) {
		throw new DstaError(
			"DSTA_CONFIG",
			`the snapshot ${file} is not used: ${reasonOf(error, "there is none")}`,
			{
				cure: `Look at it (ls -ld ${dirname(file)} ${file}). The next run that resolves everything writes a new one.`,
			},
		);
	}
}

/**
 * Puts a new file in the place of the last one, whole or not at all.
 * @throws {DstaError} DSTA_OUTPUT it cannot be written, or others could put theirs in its place
 */
export async function replaceSnapshotFile(file: string, bytes: Buffer, user: number): Promise<void> {
	const folder = dirname(file);
	// No other writer has this name.
	const temporary = `${file}.${Math.random().toString(36).slice(2)}${UNFINISHED}`;
	try {
		await makeFolder(folder);
		refuse(folderFault(await stat(folder), user));
		await writeNew(temporary, bytes);
		await rename(temporary, file);
		await removeUnfinished(file, WRITING_MS);
	} catch (error) {
		await unlink(temporary).catch(() => undefined);
		throw new DstaError(
			"DSTA_OUTPUT",
			`the snapshot ${file} cannot be written: ${reasonOf(error, "the folder above its own does not exist")}`,
			{
				cure: "Let snapshot.file in the map lie in a folder of this user's own, where there is room.",
			},
		);
	}
}

/**
 * Removes the file, and what writers of it have not finished; false where there is none.
 * @throws {DstaError} DSTA_OUTPUT it cannot be removed
 */
export async function removeSnapshotFile(file: string): Promise<boolean> {
	try {
		await removeUnfinished(file, 0);
		await unlink(file);
		return true;
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "ENOENT" || code === "ENOTDIR") return false;
		throw new DstaError("DSTA_OUTPUT", `the snapshot ${file} cannot be deleted: ${reasonOf(error)}`, {
			cure: `rm -f ${file}`,
		});
	}
}

/** What the name of a file ends in until it is whole; a writer that is killed leaves it. */
const UNFINISHED = ".unfinished";
/** No writer takes so long. */
const WRITING_MS = 5 * 60_000;

// What cannot be removed is no reason to leave the file itself.
async function removeUnfinished(file: string, leastAgeMs: number): Promise<void> {
	const folder = dirname(file);
	const names = await readdir(folder).catch(() => []);
	const left = names.filter((name) => name.startsWith(`${basename(file)}.`) && name.endsWith(UNFINISHED));
	for (const path of left.map((name) => join(folder, name))) {
		const age = await stat(path).then(
			({ mtimeMs }) => Date.now() - mtimeMs,
			() => -1,
		);
		if (age >= leastAgeMs) await unlink(path).catch(() => undefined);
	}
}

const ROOT = 0;
/** Whom a user namespace shows in the place of root and of all others outside of it. */
const UNMAPPED = 65_534;
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

// Who may rename in the folder could bring back an older file, or one that was deleted.
function folderFault({ mode, uid }: Stats, user: number): string | undefined {
	if (![user, ROOT, UNMAPPED].includes(uid)) return `its folder belongs to another user (uid ${uid})`;
	if ((mode & OTHERS_WRITE) === 0 || (mode & STICKY) !== 0) return undefined;
	return `others may write in its folder (mode ${octal(mode)}); a folder below it that is not there yet is made for this user alone`;
}

function fileFault(stats: Stats, user: number): string | undefined {
	const { mode, size, uid } = stats;
	if (!stats.isFile()) return "it is no file";
	if (uid !== user) return `it belongs to another user (uid ${uid})`;
	if ((mode & OTHERS_WRITE) !== 0) return `others may write it (mode ${octal(mode)})`;
	return size > MAX_BYTES ? "it is too large" : undefined;
}

function refuse(fault: string | undefined): void {
	if (fault !== undefined) throw new Error(fault);
}

async function makeFolder(folder: string): Promise<void> {
	try {
		await mkdir(folder, 0o700);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	}
}

async function writeNew(file: string, bytes: Buffer): Promise<void> {
	const handle = await open(file, "wx", 0o600);
	try {
		// Whatever the umask.
		await handle.chmod(0o600);
		await handle.writeFile(bytes);
		await handle.sync();
	} finally {
		await handle.close();
	}
}

function reasonOf(error: unknown, missing = ""): string {
	const { code, message } = error as NodeJS.ErrnoException;
	if (code === "ENOENT") return missing;
	return code === undefined ? message : (REASONS[code] ?? code);
}

const REASONS: Readonly<Record<string, string>> = {
	ELOOP: "it is a symbolic link",
	EACCES: "permission denied",
	ENOSPC: "no space is left",
	EROFS: "the file system is read-only",
};

function octal(mode: number): string {
	return (mode & 0o7777).toString(8).padStart(4, "0");
}

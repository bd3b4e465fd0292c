import { chmodSync, closeSync, fchmodSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DstaError } from "../../errors.ts";
import type { Variables } from "../environment.ts";
import type { CommandFiles, FileRequest } from "../files.ts";
import type { Warn } from "../own.ts";
import { folderPath, makeFolder, noteUser, removeFolder, removeStaleFolders } from "./folder.ts";
import { ADVICE, choosePlace, type Place } from "./place.ts";

export interface FolderOptions {
	readonly process: Pick<NodeJS.Process, "pid" | "geteuid">;
	readonly env: Variables;
	/** Takes what is less private than it should be. */
	readonly warn: Warn;
}

/**
 * Prepares files in a private folder, and removes the folders of earlier starts that were killed. Nothing is written yet.
 * @throws {DstaError} DSTA_CONFIG there is no directory that can be written to
 */
export async function prepareInFolder(
	asked: readonly FileRequest[],
	{ env, process: { geteuid, pid }, warn }: FolderOptions,
): Promise<CommandFiles> {
	let requests = asked;
	let stopListening: (() => void) | undefined;
	const user = geteuid?.() ?? 0;
	const place = choosePlace(env, user);
	if (!place.isTmpfs)
		warn(`the files of secrets lie in ${place.path}, which is no tmpfs: they may reach a disk`, ADVICE);
	await removeStaleFolders(place, { pid, user });
	const lifeline = pid === 1 ? await import("./lifeline.ts") : undefined;
	const folder = folderPath(place, pid);
	const pathOf = ({ name }: FileRequest) => join(folder, name);
	const remove = () => {
		stopListening?.();
		stopListening = undefined;
		try {
			removeFolder(folder);
		} catch (error) {
			warn(`the files of secrets in ${folder} cannot be removed: ${codeOf(error)}`, `rm -r ${folder}`);
		}
	};
	return {
		variables: new Map(asked.flatMap((one) => one.variables.map((name) => [name, pathOf(one)]))),
		write() {
			try {
				makeFolder(folder, folderMode(requests));
				for (const request of requests) writeNew(pathOf(request), request);
			} catch (error) {
				remove();
				throw unwritable(requests, place, codeOf(error));
			}
		},
		rewrite(next) {
			const inFolder = next.filter(({ inMemory }) => inMemory !== true);
			try {
				rewriteIn(folder, requests, inFolder);
			} catch (error) {
				throw unwritable(inFolder, place, codeOf(error));
			}
			requests = inFolder;
			return [];
		},
		handOver(user) {
			noteUser(folder, user);
			stopListening = lifeline?.listenIn(folder);
		},
		remove,
	};
}

// Whom no file lets in, the folder does not let in either.
function folderMode(requests: readonly FileRequest[]): number {
	const modes = requests.reduce((all, { mode }) => all | mode, 0);
	return 0o700 | ((modes & 0o070) === 0 ? 0 : 0o010) | ((modes & 0o007) === 0 ? 0 : 0o001);
}

// All are written before the first is put in its place, so that there is room for all of them or nothing is changed.
function rewriteIn(folder: string, before: readonly FileRequest[], after: readonly FileRequest[]): void {
	const changed = after.filter((request) => !before.some((one) => isSame(one, request)));
	const nextOf = ({ name }: FileRequest) => join(folder, `.${name}.next`);
	try {
		for (const request of changed) writeNew(nextOf(request), request);
		chmodSync(folder, folderMode(after));
		for (const request of changed) renameSync(nextOf(request), join(folder, request.name));
	} catch (error) {
		for (const request of changed) rmSync(nextOf(request), { force: true });
		throw error;
	}
	const gone = before.filter(({ name }) => !after.some((one) => one.name === name));
	for (const { name } of gone) rmSync(join(folder, name), { force: true });
}

function isSame(one: FileRequest, other: FileRequest): boolean {
	return one.name === other.name && one.mode === other.mode && one.content.equals(other.content);
}

function writeNew(path: string, { content, mode }: FileRequest): void {
	const descriptor = openSync(path, "wx", 0o600);
	try {
		writeFileSync(descriptor, content);
		// Whatever the umask.
		fchmodSync(descriptor, mode);
	} finally {
		closeSync(descriptor);
	}
}

function unwritable(requests: readonly FileRequest[], { path }: Place, code: string): DstaError {
	const names = requests.map(({ variables }) => variables[0]).join(", ");
	const reason = code === "ENOSPC" ? "no space is left" : code;
	return new DstaError("DSTA_OUTPUT", `The files for ${names} cannot be written in ${path}: ${reason}`, {
		cure: `Make room in ${path}, or name another tmpfs that belongs to this user in XDG_RUNTIME_DIR.`,
	});
}

function codeOf(error: unknown): string {
	const { code } = error as NodeJS.ErrnoException;
	if (code === undefined) throw error;
	return code;
}

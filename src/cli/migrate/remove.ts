import { randomUUID } from "node:crypto";
import {
	closeSync,
	fchmodSync,
	fchownSync,
	fsyncSync,
	openSync,
	readFileSync,
	realpathSync,
	renameSync,
	type Stats,
	statSync,
	writeFileSync,
} from "node:fs";
import type { Assignment } from "../../backends/env/dotenv.ts";
import { DstaError } from "../../errors.ts";
import { removeFile } from "../../remove-file.ts";
import { usage } from "../mistakes.ts";
import type { Source } from "./source.ts";

/**
 * Makes sure, before anything is written anywhere, that lines can be taken out of a source.
 * @throws {DstaError} DSTA_USAGE it is no file, or one whose lines would still be elsewhere
 */
export function checkRemovable({ file, name }: Source): void {
	if (file === undefined)
		throw usage(
			`--remove-source is for a file, and the variables are in ${name}`,
			"Unset them where they are set.",
		);
	const stats = statSync(file.path);
	if (!stats.isFile())
		throw usage(`--remove-source is for a regular file, which ${name} is not`, "Leave it out.");
	if (stats.nlink > 1)
		throw usage(
			`--remove-source takes nothing out of ${name}, which has other names (hard links) that would keep it`,
			"Remove the other names first, or take the lines out by hand.",
		);
}

/**
 * Takes the assignments of some variables out of a dotenv file and leaves every other byte of it, its mode and its owner as they
 * are. The file is whole at every moment, and no copy of it is kept.
 * @throws {DstaError} DSTA_CONFLICT it has changed since it was read · DSTA_OUTPUT it cannot be replaced
 */
export function removeVariables({ file, name }: Source, variables: ReadonlySet<string>): void {
	if (file === undefined) return;
	const { assignments, text } = file.content;
	const gone = assignments.filter((assignment) => variables.has(assignment.name));
	try {
		// What a link leads to, not the link.
		const path = realpathSync(file.path);
		replace(path, { before: text, after: withoutLines(text, gone), stats: statSync(path) });
	} catch (error) {
		if (error === CHANGED)
			throw new DstaError(
				"DSTA_CONFLICT",
				`${name} has changed since it was read, and nothing was taken out of it`,
				{
					cure: "Run this again: what is at its place already is not written twice.",
				},
			);
		const { code } = error as NodeJS.ErrnoException;
		if (code === undefined) throw error;
		throw new DstaError(
			"DSTA_OUTPUT",
			`${name} cannot be replaced, and nothing was taken out of it: ${code}`,
			{
				cure: "Take the lines out by hand, or run this as the file's owner, who may write to its directory.",
			},
		);
	}
}

const CHANGED = new Error("changed");

interface Replacement {
	readonly before: string;
	readonly after: string;
	readonly stats: Stats;
}

// By a part beside it, since to rename is to replace at once only on one file system.
function replace(path: string, { after, before, stats }: Replacement): void {
	const part = `${path}.${randomUUID()}`;
	try {
		const descriptor = openSync(part, "wx", 0o600);
		try {
			writeFileSync(descriptor, after);
			fchownSync(descriptor, stats.uid, stats.gid);
			fchmodSync(descriptor, stats.mode & 0o7777);
			fsyncSync(descriptor);
		} finally {
			closeSync(descriptor);
		}
		if (readFileSync(path, "utf8") !== before) throw CHANGED;
		renameSync(part, path);
	} catch (error) {
		removeFile(part);
		throw error;
	}
}

// Places of assignments count every end of a line as one character, and no byte order mark.
function withoutLines(text: string, gone: readonly Assignment[]): string {
	const [, mark = "", body = ""] = /^(\uFEFF?)([\s\S]*)$/.exec(text) ?? [];
	let place = 0;
	let next = 0;
	const kept = (body.match(/[^\r\n]*(?:\r\n?|\n)|[^\r\n]+$/g) ?? []).filter((line) => {
		const start = place;
		place += line.endsWith("\r\n") ? line.length - 1 : line.length;
		while (start >= (gone[next]?.end ?? Number.POSITIVE_INFINITY)) next++;
		return start < (gone[next]?.start ?? Number.POSITIVE_INFINITY);
	});
	return mark + kept.join("");
}

import { chmodSync, renameSync, writeFileSync } from "node:fs";
import { DstaError } from "../errors.ts";
import { removeFile } from "../remove-file.ts";

/** What the names of files end in that node_exporter reads. */
export const TEXTFILE_END = ".prom";

/**
 * Writes a file of metrics so that whoever reads it finds all of the old one or all of the new one. `writer` tells it from other
 * processes that write the same file.
 * @throws {DstaError} DSTA_OUTPUT it cannot be written
 */
export function writeTextfile(file: string, text: string, writer: number): void {
	// Not by an ending that node_exporter reads.
	const unfinished = `${file}.${writer}`;
	try {
		removeFile(unfinished);
		writeFileSync(unfinished, text, { flag: "wx" });
		// Another user reads it, whatever the umask.
		chmodSync(unfinished, 0o644);
		renameSync(unfinished, file);
	} catch (error) {
		removeFile(unfinished);
		const { code } = error as NodeJS.ErrnoException;
		throw new DstaError(
			"DSTA_OUTPUT",
			`The metrics cannot be written to ${file}: ${REASONS[code ?? ""] ?? code}`,
			{
				cure: "Name a file in a folder that exists and that this user may write in, such as the one of --collector.textfile.directory.",
			},
		);
	}
}

const REASONS: Readonly<Record<string, string>> = {
	EACCES: "permission denied",
	EISDIR: "it is a folder",
	ENOENT: "its folder does not exist",
	ENOSPC: "no space is left",
	ENOTDIR: "its folder is none",
	EROFS: "the file system is read-only",
};

import { randomUUID } from "node:crypto";
import { existsSync, realpathSync, renameSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { DstaError } from "../errors.ts";
import { encodeText } from "../launch/native/bytes.ts";
import { removeFile } from "../remove-file.ts";
import { usage } from "./mistakes.ts";

export interface OutputFile {
	/** As the command line has it. */
	readonly file: string;
	readonly cwd: string;
	/** The permissions that it gets, less what the umask takes. */
	readonly mode: number;
}

/**
 * Writes a file that --output names. It is whole at every moment, be it the old one or the new one.
 * @throws {DstaError} DSTA_USAGE it is no regular file · DSTA_OUTPUT it cannot be written
 */
export function replaceFile({ cwd, file, mode }: OutputFile, text: string): void {
	const given = resolve(cwd, file);
	// What a link leads to, not the link.
	const path = existsSync(given) ? realpathSync(given) : given;
	if (existsSync(path) && !statSync(path).isFile())
		throw usage(
			`--output is for a regular file, which ${file} is not`,
			"Leave it out, and standard output is written.",
		);
	// By a part beside it, since to rename is to replace at once only on one file system.
	const part = `${path}.${randomUUID()}`;
	try {
		writeFileSync(part, encodeText(text), { flag: "wx", mode });
		renameSync(part, path);
	} catch (error) {
		removeFile(part);
		throw cannotWrite(file, error as NodeJS.ErrnoException);
	}
}

/** The error of a file that cannot be written. */
export function cannotWrite(file: string, { code }: NodeJS.ErrnoException): DstaError {
	return new DstaError("DSTA_OUTPUT", `${file} cannot be written: ${code ?? "unknown error"}`, {
		cure: "Name a file in a directory that exists and that this user may write to.",
	});
}

import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { DstaError } from "../errors.ts";

export interface CommandPlace {
	readonly file: string;
	/** The PATH that the command was searched in. */
	readonly path: string | undefined;
	readonly cwd: string;
}

/** Why the system could not start a command, found out after it refused: DSTA_COMMAND_NOT_FOUND or DSTA_NOT_EXECUTABLE. */
export function startFailure({ cwd, file, path }: CommandPlace, systemCode: string): DstaError {
	const candidates = file.includes("/")
		? [resolve(cwd, file)]
		: (path ?? "").split(delimiter).map((folder) => join(resolve(cwd, folder), file));
	const found = candidates.find(exists);
	if (found === undefined) return notFound(file, path);
	return new DstaError(
		"DSTA_NOT_EXECUTABLE",
		`The command ${found} cannot be executed: ${reasonOf(found, systemCode)}`,
		{
			cure: `Name a program that this user may execute (ls -l ${found}), or run a script through its interpreter: -- sh ${found}`,
		},
	);
}

function notFound(file: string, path: string | undefined): DstaError {
	const place = file.includes("/") ? "there is no such file" : `it is in no folder of PATH (${path ?? ""})`;
	const cure = /\s/.test(file)
		? "The command and its arguments are words of their own: -- npm start, not -- 'npm start'."
		: "Check its name and PATH; for what only a shell knows, write -- sh -c '…'.";
	return new DstaError("DSTA_COMMAND_NOT_FOUND", `The command ${file} was not found: ${place}`, { cure });
}

function reasonOf(file: string, systemCode: string): string {
	if (statSync(file).isDirectory()) return "it is a directory";
	if (!isExecutable(file)) return "this user has no permission to execute it";
	const interpreter = interpreterOf(file);
	if (interpreter !== undefined && !exists(interpreter))
		return `its interpreter ${interpreter} does not exist`;
	if (systemCode === "ENOEXEC") return "it is in no format that this system executes, and has no #! line";
	return systemCode === "ENOENT" ? "the loader or interpreter that it needs does not exist" : systemCode;
}

function interpreterOf(file: string): string | undefined {
	const start = Buffer.alloc(256);
	try {
		const descriptor = openSync(file, "r");
		readSync(descriptor, start);
		closeSync(descriptor);
	} catch {
		return undefined;
	}
	return /^#![ \t]*([^\s\0]+)/.exec(start.toString("latin1"))?.[1];
}

function exists(file: string): boolean {
	return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

function isExecutable(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

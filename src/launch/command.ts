import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { delimiter } from "node:path";
import { DstaError } from "../errors.ts";
import type { CommandFiles } from "./files.ts";

/** What to start, in our own working directory, and with which environment. */
export interface Command {
	readonly file: string;
	readonly args: readonly string[];
	readonly env: Readonly<Record<string, string>>;
	/** What variables of `env` hold the paths of. */
	readonly files?: CommandFiles | undefined;
	/** The descriptors that become its standard output and error, where those are not ours. */
	readonly outputs?: readonly number[] | undefined;
	/** What is left to do before this process becomes the command, when nothing that can be checked keeps it from that. */
	readonly beforeExec?: (() => Promise<void>) | undefined;
	/** What can wait until the command runs, and be done beside it. */
	readonly onStarted?: ((pid: number) => void) | undefined;
}

const HEAD_BYTES = 4096;

/** Where the C library searches without a PATH. */
const DEFAULT_PATH = "/bin:/usr/bin";

function pathOf(env: Command["env"]): readonly string[] {
	return (env.PATH ?? DEFAULT_PATH).split(delimiter);
}

/** Why the system could not start a command, found out after it refused: DSTA_COMMAND_NOT_FOUND or DSTA_NOT_EXECUTABLE. */
export function startFailure({ env, file }: Command, systemCode: string): DstaError {
	const found = candidatesFor({ env, file }).find(exists);
	if (found !== undefined) return notExecutable(found, reasonOf(found, systemCode));
	// A search goes past folders of PATH that it may not look into.
	const isPassedOver = systemCode === "EACCES" && !file.includes("/");
	const reason = isPassedOver ? undefined : REASONS[systemCode];
	return reason === undefined ? notFound(file, pathOf(env)) : notExecutable(file, reason);
}

/**
 * The files that a command may be, in the order in which execvp(3) tries them, and as it names them, since a script sees its
 * name so. What is relative is meant for the working directory, which is ours. A command without a name is no file.
 */
export function candidatesFor({ env, file }: Pick<Command, "env" | "file">): readonly string[] {
	if (file === "") return [];
	if (file.includes("/")) return [file];
	// A folder without a name is the working directory.
	return pathOf(env).map((folder) => (folder === "" ? file : `${folder}/${file}`));
}

/** The first bytes of a file, where the kernel looks for its format; `undefined` where this user may not read it. */
export function readHead(file: string): Buffer | undefined {
	const head = Buffer.alloc(HEAD_BYTES);
	try {
		const descriptor = openSync(file, "r");
		try {
			return head.subarray(0, readSync(descriptor, head));
		} finally {
			closeSync(descriptor);
		}
	} catch {
		return undefined;
	}
}

/** The interpreter that a script names in its first line; `undefined` where the file is no such script. */
export function interpreterOf(head: Buffer | undefined): string | undefined {
	return /^#![ \t]*([^\s\0]+)/.exec(head?.toString("latin1", 0, 256) ?? "")?.[1];
}

/** Why a file was refused that cannot even be looked at. */
const REASONS: Readonly<Record<string, string>> = {
	EACCES: "this user may not look into a folder of its path",
	ELOOP: "its path is a circle of symbolic links",
	ENAMETOOLONG: "its name is too long",
};

const IS_FOLDER = "it is a directory";

function notExecutable(file: string, reason: string): DstaError {
	const cure =
		reason === IS_FOLDER
			? `Name a program, such as one in it: ls ${file}`
			: `Name a program that this user may execute (ls -l ${file}), or run a script through its interpreter: -- sh ${file}`;
	return new DstaError("DSTA_NOT_EXECUTABLE", `The command ${file} cannot be executed: ${reason}`, { cure });
}

function notFound(file: string, path: readonly string[]): DstaError {
	const place = file.includes("/")
		? "there is no such file"
		: `it is in no folder of PATH (${path.join(delimiter)})`;
	const cure = /\s/.test(file)
		? "The command and its arguments are words of their own: -- npm start, not -- 'npm start'."
		: "Check its name and PATH; for what only a shell knows, write -- sh -c '…'.";
	return new DstaError("DSTA_COMMAND_NOT_FOUND", `The command ${file || "''"} was not found: ${place}`, {
		cure,
	});
}

function reasonOf(file: string, systemCode: string): string {
	if (statSync(file).isDirectory()) return IS_FOLDER;
	if (!isExecutable(file)) return "this user has no permission to execute it";
	const interpreter = interpreterOf(readHead(file));
	if (interpreter !== undefined && !exists(interpreter))
		return `its interpreter ${interpreter} does not exist`;
	if (interpreter !== undefined && !isExecutable(interpreter))
		return `its interpreter ${interpreter} cannot be executed`;
	if (systemCode === "ENOEXEC") return "it is in no format that this system executes, and has no #! line";
	return systemCode === "ENOENT" ? "the loader or interpreter that it needs does not exist" : systemCode;
}

function exists(file: string): boolean {
	try {
		return statSync(file, { throwIfNoEntry: false }) !== undefined;
	} catch {
		return false;
	}
}

/** Whether this user may execute a file; a folder is none. */
export function isExecutable(file: string): boolean {
	return refusalOf(file) === undefined;
}

/** The system's code for why this user may not execute a file, whatever is in it; `undefined` if he may. */
export function refusalOf(file: string): string | undefined {
	try {
		accessSync(file, constants.X_OK);
		return statSync(file).isFile() ? undefined : "EACCES";
	} catch (error) {
		return (error as NodeJS.ErrnoException).code ?? "EIO";
	}
}

import { accessSync } from "node:fs";
import { constants } from "node:os";
import { type Command, candidatesFor, readHead } from "../command.ts";
import { parseElf } from "../elf.ts";
import type { Libc } from "./libc.ts";
import { type LaidOut, layOutText, layOutTexts } from "./strings.ts";

/** A file to execute, as libc takes it. */
export interface Program {
	readonly path: LaidOut;
	readonly argv: LaidOut;
	readonly envp: LaidOut;
}

/** Executes a program. Returns why it could not, as a number of errno, or 0. */
export type Attempt = (program: Program) => number;

/** After these the search along PATH goes on, as that of execvp does. */
const GOES_ON = new Set(["EACCES", "ENOENT", "ESTALE", "ENOTDIR", "ENODEV", "ETIMEDOUT"]);

const SHELL = "/bin/sh";

/**
 * Executes a command as execvp does in the command's environment: along its PATH, and by sh where the file has no format of its
 * own. Returns the system's code for why no attempt went well, such as `ENOENT`; `undefined` where one did.
 */
export function attemptAlongPath(
	libc: Libc,
	{ args, env, file }: Command,
	attempt: Attempt,
): string | undefined {
	const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
	const envp = layOutTexts(libc, variables);
	const execute = (path: string, argv: readonly string[]) => {
		const errno = attempt({ path: layOutText(libc, path), argv: layOutTexts(libc, argv), envp });
		return errno === 0 ? undefined : codeOf(errno);
	};
	let isDenied = false;
	let code: string | undefined = "ENOENT";
	for (const path of candidatesFor({ env, file })) {
		// To ask costs less than to start a process that finds nothing.
		code = absence(path) ?? execute(path, [file, ...args]);
		// A program for another system is no script, whatever a shell would make of it.
		if (code === "ENOEXEC" && !isElf(path)) code = execute(SHELL, [SHELL, path, ...args]);
		if (code === undefined || !GOES_ON.has(code)) return code;
		isDenied ||= code === "EACCES";
	}
	return isDenied ? "EACCES" : code;
}

function absence(path: string): string | undefined {
	try {
		accessSync(path);
		return undefined;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code;
	}
}

function isElf(path: string): boolean {
	const head = readHead(path);
	return head !== undefined && parseElf(head) !== undefined;
}

/** The name of a number of errno, such as `ENOENT`. */
export function codeOf(errno: number): string {
	const name = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0];
	return name ?? `errno ${errno}`;
}

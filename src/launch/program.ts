import { existsSync } from "node:fs";
import {
	type Command,
	candidatesFor,
	interpreterOf,
	isExecutable,
	readHead,
	refusalOf,
	startFailure,
} from "./command.ts";
import { MACHINES, parseElf } from "./elf.ts";

/** A program file, and the arguments to call it with. */
export interface Program {
	readonly file: string;
	/** All of argv, its zeroth included. */
	readonly argv: readonly string[];
}

const SHELL = "/bin/sh";

/**
 * Finds the program of a command as execvp(3) does, a file without a format being a script for the shell, and makes sure that the
 * system will execute it: what calls execve(2) without libc cannot come back from a failure.
 * @throws {DstaError} DSTA_COMMAND_NOT_FOUND, DSTA_NOT_EXECUTABLE
 */
export function findProgram(command: Command, arch: string): Program {
	let failure = "ENOENT";
	for (const file of candidatesFor(command)) {
		const code = refusalOf(file);
		if (code === undefined) {
			const program = programOf(file, command, arch);
			if (program !== undefined) return program;
			// Its interpreter or loader is missing, so that the search goes on.
			continue;
		}
		// As execvp(3) does: others may be further on in PATH, and one that may not be executed is told of at the end.
		if (code === "EACCES") failure = code;
		else if (code !== "ENOENT" && code !== "ENOTDIR") throw startFailure(command, code);
	}
	throw startFailure(command, failure);
}

/** `undefined`: what it needs to be executed does not exist. */
function programOf(file: string, command: Command, arch: string): Program | undefined {
	const head = readHead(file);
	const argv = [command.file, ...command.args];
	const interpreter = interpreterOf(head);
	if (interpreter !== undefined) return isExecutable(interpreter) ? { file, argv } : undefined;
	const elf = head === undefined ? undefined : parseElf(head);
	if (elf !== undefined) {
		// Others may be executed by an emulator that the kernel calls, and the kernel alone knows.
		if (MACHINES[arch]?.includes(elf.machine) === false && !hasEmulators())
			throw startFailure(command, "ENOEXEC");
		return elf.loader === undefined || isExecutable(elf.loader) ? { file, argv } : undefined;
	}
	// One that this user may execute and not read is taken for a program.
	return head === undefined ? { file, argv } : { file: SHELL, argv: [SHELL, file, ...command.args] };
}

function hasEmulators(): boolean {
	return existsSync("/proc/sys/fs/binfmt_misc/register");
}

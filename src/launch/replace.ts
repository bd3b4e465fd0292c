import { readFileSync } from "node:fs";
import { BEFORE_EXEC } from "../before-exec.ts";
import { DstaError } from "../errors.ts";
import { activatedDescriptors } from "./activation.ts";
import { type Command, startFailure } from "./command.ts";
import { executeWithFiles } from "./files.ts";
import type { Inheritance } from "./native/inheritance.ts";
import type { Own } from "./own.ts";
import { findProgram, type Program } from "./program.ts";
import { MAX_STRING_BYTES, startTooLarge } from "./size.ts";

/** What of this process makes it the command's. */
type ReplaceableProcess = Pick<NodeJS.Process, "arch" | "on" | "pid" | "execve">;

/**
 * Makes this process the command: the same pid, and nothing of us left, no process and no memory. Does not come back.
 * @throws {DstaError} DSTA_COMMAND_NOT_FOUND, DSTA_NOT_EXECUTABLE · DSTA_INVALID_VALUE environment or arguments are too large ·
 * DSTA_UNSUPPORTED the sockets of a service manager cannot be handed over by this build · DSTA_OUTPUT its files cannot be written
 */
export async function replaceByCommand(command: Command, own: Own): Promise<never> {
	const { coreDumps, inheritance, process, signals } = own;
	const execute =
		inheritance === undefined ? prepareNode(command, process) : await prepareLibc(command, inheritance);
	(process as NodeJS.EventEmitter).emit(BEFORE_EXEC);
	await command.beforeExec?.();
	// What has come until now and what comes from now on acts as it would on a program that has not begun to listen.
	await signals.settle();
	signals.surrender();
	return executeWithFiles(command, () => coreDumps.whileInherited(execute));
}

async function prepareLibc(command: Command, inheritance: Inheritance): Promise<() => never> {
	const { executeInPlace } = await import("./native/execute.ts");
	return () => {
		const code = executeInPlace(command, inheritance);
		throw code === "E2BIG" ? startTooLarge(command) : startFailure(command, code);
	};
}

// Whatever would make execve(2) fail is found before: Node would end with a stack of its own and a core file.
function prepareNode(command: Command, process: ReplaceableProcess): () => never {
	if (activatedDescriptors(command.env, process.pid).length > 0) throw socketsLost();
	const program = findProgram(command, process.arch);
	checkSize(command, program);
	// Node ignores both from its start, and what is ignored stays so; what has a listener becomes default.
	for (const ignored of ["SIGPIPE", "SIGXFSZ"] as const) process.on(ignored, () => undefined);
	return () => execute(process, program, command.env);
}

function execute({ execve }: ReplaceableProcess, { argv, file }: Program, env: Command["env"]): never {
	if (execve === undefined)
		throw new DstaError("DSTA_UNSUPPORTED", "This build has no process.execve, which exec mode needs", {
			cure: "Use --spawn, or Node 22.15 or newer.",
		});
	return execve(file, [...argv], { ...env });
}

// https://man7.org/linux/man-pages/man2/execve.2.html, "Limits on size of arguments and environment"
function checkSize(command: Command, { argv, file }: Program): void {
	const strings = [file, ...argv, ...Object.entries(command.env).map(([name, value]) => `${name}=${value}`)];
	const sizes = strings.map((text) => Buffer.byteLength(text) + 1);
	const total = sizes.reduce((sum, size) => sum + size + POINTER_BYTES, RESERVED_BYTES);
	if (total > maxTotalBytes() || sizes.some((size) => size > MAX_STRING_BYTES + 1))
		throw startTooLarge(command);
}

const POINTER_BYTES = 8;
/** For what the kernel itself puts beside them. */
const RESERVED_BYTES = 4096;
const LARGEST_TOTAL_BYTES = 6 * 1024 * 1024;
const LEAST_TOTAL_BYTES = 128 * 1024;

// A quarter of the stack, within two bounds of the kernel's own.
function maxTotalBytes(): number {
	try {
		const limits = readFileSync("/proc/self/limits", "latin1");
		const stack = /^Max stack size +(\d+|unlimited)/m.exec(limits)?.[1];
		const quarter = stack === "unlimited" ? LARGEST_TOTAL_BYTES : Number(stack) / 4;
		return Math.max(LEAST_TOTAL_BYTES, Math.min(LARGEST_TOTAL_BYTES, quarter));
	} catch {
		return LEAST_TOTAL_BYTES;
	}
}

function socketsLost(): DstaError {
	return new DstaError(
		"DSTA_UNSUPPORTED",
		"The sockets of LISTEN_FDS cannot be handed over in exec mode by this build: Node closes them",
		{ cure: "Use --spawn (run.mode: spawn), or the standalone executable." },
	);
}

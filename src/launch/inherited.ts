import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { DstaError } from "../errors.ts";
import type { Command } from "./command.ts";
import type { Variables } from "./environment.ts";
import { decodeBytes } from "./native/bytes.ts";
import { HAS_LIBC } from "./native/libc.ts";

/** What Node puts in the place of bytes that are not UTF-8. */
const REPLACEMENT = "\ufffd";

/**
 * Our own environment as it was given to us. Node takes `--env-file FILE` among our arguments for an option of its own and adds
 * the file's variables, which would reach the command: https://github.com/nodejs/node/issues/54232
 */
function withoutEnvFile(env: Variables, args: readonly string[]): Variables {
	const end = args.indexOf("--");
	const isTaken = args.slice(0, end < 0 ? undefined : end).some((arg) => /^--env-file(?:=|$)/.test(arg));
	const given = isTaken ? readOwn("environ").toString().split("\0") : [];
	if (given.length <= 1) return env;
	const names = new Set(given.map((text) => text.slice(0, text.indexOf("="))));
	return Object.fromEntries(Object.entries(env).filter(([name]) => names.has(name)));
}

/** What a process gives of its own environment and arguments. */
export type InputProcess = Pick<NodeJS.Process, "argv" | "env" | "ppid">;

/** The variable that says that PID 1 is a shell which has started us: some variables do not come through it (shell-reaper.ts). */
export const BELOW_SHELL = "DSTA_BELOW_SHELL";

/** The environment and the arguments that this process was started with. */
export interface Input {
	readonly env: Variables;
	readonly args: readonly string[];
}

/**
 * What this process was started with: under Node as Node gives it, and in the standalone executable byte for byte.
 * @throws {DstaError} DSTA_UNSUPPORTED the system does not show the bytes
 */
export function readInput(process: InputProcess): Input {
	if (HAS_LIBC) return { env: decodeVariables(readTexts("environ")), args: readTexts("cmdline").slice(1) };
	const args = process.argv.slice(2);
	if (process.env[BELOW_SHELL] !== undefined && process.ppid === 1)
		return { env: decodeVariables(readTexts("environ", "1")), args };
	return { env: withoutEnvFile(process.env, args), args };
}

function readTexts(file: "environ" | "cmdline", pid = "self"): readonly string[] {
	try {
		return decodeBytes(readFileSync(`/proc/${pid}/${file}`))
			.split("\0")
			.slice(0, -1);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new DstaError("DSTA_UNSUPPORTED", `/proc/${pid}/${file} cannot be read: ${code}`, {
			cure: "Mount /proc, and let this user read the executable of dsta-run.",
		});
	}
}

// As getenv sees them: of several with one name the first counts.
function decodeVariables(texts: readonly string[]): Variables {
	const pairs = texts
		.filter((text) => text.includes("="))
		.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)] as const);
	return Object.fromEntries(pairs.toReversed());
}

/** Our own environment, complete: of variables whose names are numbers (`0=x`) Node shows the names only. */
export function completeInherited(env: Variables): Variables {
	const hidden = Object.keys(env).filter((name) => env[name] === undefined);
	if (hidden.length === 0) return env;
	const texts = readOwn("environ").toString().split("\0");
	const found = hidden.flatMap((name) => {
		const text = texts.find((text) => text.startsWith(`${name}=`));
		return text === undefined ? [] : [[name, text.slice(name.length + 1)] as const];
	});
	return Object.fromEntries([...Object.entries(env), ...found]);
}

/**
 * The variables and arguments that a command does not get as we got them: Node reads both as UTF-8, and other bytes are lost.
 * Named, as `NAME` or `argument 2`; where the system does not show the bytes, none.
 */
export function findDamaged({ args, env }: Command): readonly string[] {
	if (HAS_LIBC) return [];
	const isDamaged = (text: string) => text.includes(REPLACEMENT);
	const variables = isUtf8(readOwn("environ"))
		? []
		: Object.keys(env).filter((name) => isDamaged(`${name}=${env[name]}`));
	const words = isUtf8(readOwn("cmdline"))
		? []
		: args.flatMap((word, index) => (isDamaged(word) ? [`argument ${index + 1}`] : []));
	return [...variables, ...words];
}

function readOwn(file: "environ" | "cmdline"): Buffer {
	try {
		return readFileSync(`/proc/self/${file}`);
	} catch {
		// Only Linux has it.
		return Buffer.alloc(0);
	}
}

import { DstaError } from "../errors.ts";
import type { Command } from "./command.ts";

/** The kernel's limit for an argument or `NAME=value` without its final NUL: MAX_ARG_STRLEN - 1. */
export const MAX_STRING_BYTES = 131_071;

const SHOWN = 3;

/** The error for an environment and arguments that the kernel finds too large (E2BIG): DSTA_INVALID_VALUE, with the largest named. */
export function startTooLarge({ args, env, file }: Command): DstaError {
	const variables = Object.entries(env).map(([name, value]) => part(name, `${name}=${value}`));
	const words = [file, ...args].map((word, index) => part(`argument ${index}`, word));
	const largest = [...variables, ...words].sort((one, other) => other.size - one.size);
	const list = largest.slice(0, SHOWN).map(({ what, size }) => `${what} (${size} bytes)`);
	const single = largest.filter(({ size }) => size > MAX_STRING_BYTES).length > 0;
	const reason = single
		? `a single one may take ${MAX_STRING_BYTES} bytes`
		: `${total(variables)} bytes of variables and ${total(words)} bytes of arguments are too many together`;
	return new DstaError(
		"DSTA_INVALID_VALUE",
		`The command ${file} cannot be started with its environment and arguments: ${reason}; the largest: ${list.join(", ")}`,
		{
			cure: single
				? "Give what is so large to the command as a file (as: file) or on its standard input."
				: "Map fewer or smaller values, keep inherited variables away (--pristine, --strip), pass fewer arguments, or raise `ulimit -s`.",
		},
	);
}

interface Part {
	readonly what: string;
	readonly size: number;
}

function part(what: string, text: string): Part {
	return { what, size: Buffer.byteLength(text) };
}

function total(parts: readonly Part[]): number {
	return parts.reduce((sum, { size }) => sum + size, 0);
}

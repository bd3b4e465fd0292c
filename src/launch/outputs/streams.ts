import { fstatSync } from "node:fs";
import { isatty } from "node:tty";
import { DstaError } from "../../errors.ts";

const STREAMS = { "standard output": 1, "standard error": 2 } as const;

/**
 * Makes sure that no terminal loses its command: a program that finds a pipe in its place shows no colors, asks for nothing and draws
 * no screen.
 * @throws {DstaError} DSTA_UNSUPPORTED standard output or error is a terminal
 */
export function checkStreams(): void {
	const terminals = Object.entries(STREAMS).filter(([, descriptor]) => isatty(descriptor));
	if (terminals.length === 0) return;
	const names = terminals.map(([name]) => name).join(" and ");
	const verb = terminals.length === 1 ? "is a terminal" : "are a terminal";
	throw new DstaError(
		"DSTA_UNSUPPORTED",
		`What the command writes cannot be redacted: ${names} ${verb}, which it would lose to a pipe`,
		{
			cure: "Send both elsewhere (dsta-run --redact -- COMMAND 2>&1 | cat), or run the command as it is: --no-redact.",
		},
	);
}

/** Whether two descriptors lead to the same file, pipe or socket. */
export function isSameStream(one: number, other: number): boolean {
	try {
		const [first, second] = [one, other].map((descriptor) => fstatSync(descriptor));
		return first?.dev === second?.dev && first?.ino === second?.ino;
	} catch {
		// One of them is closed.
		return false;
	}
}

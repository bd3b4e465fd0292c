import type { Start } from "../child.ts";
import { keepTerminal } from "../native/terminal.ts";
import type { Own } from "../own.ts";
import { readStat } from "../proc.ts";

/**
 * Makes a way to start commands one that gives each of them the terminal as the first one had it: one that was killed may have left
 * it without an echo, or with a foreground on which nobody is any more, that of a shell with jobs. Node cannot.
 */
export function withTerminal(start: Start, { inheritance, process, signals }: Own): Start {
	if (inheritance === undefined || !signals.hasTerminal) return start;
	const terminal = keepTerminal(inheritance.libc);
	return (command, descriptors) => {
		const [, , group, , , foreground] = readStat("self") ?? [];
		if (group === foreground || isGone(Number(foreground), process)) terminal.restore(Number(group));
		return start(command, descriptors);
	};
}

function isGone(group: number, { kill }: Own["process"]): boolean {
	try {
		kill(-group, 0);
		return false;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "ESRCH";
	}
}

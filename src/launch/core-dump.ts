import { readFileSync, writeFileSync } from "node:fs";

/** Keeps the memory of this process out of core files; a command that it starts is to be dumped as before. */
export interface CoreDumps {
	/** Calls a function that starts a process, and lets that process inherit the settings of our start. */
	whileInherited<Result>(start: () => Result): Result;
}

const FILTER = "/proc/self/coredump_filter";

/** From now on a core file of ours holds no memory. Where the system has no such setting, nothing changes. */
export function withholdCoreDumps(): CoreDumps {
	const inherited = readFilter();
	writeFilter("0");
	return {
		whileInherited(start) {
			if (inherited === undefined) return start();
			writeFilter(inherited);
			try {
				// Starting is synchronous: when it returns, the new process has its own copy of the setting.
				return start();
			} finally {
				writeFilter("0");
			}
		},
	};
}

function readFilter(): string | undefined {
	try {
		// In hexadecimal, without a prefix when it is read.
		return `0x${readFileSync(FILTER, "latin1").trim()}`;
	} catch {
		return undefined;
	}
}

function writeFilter(filter: string): void {
	try {
		writeFileSync(FILTER, filter);
	} catch {
		// Only Linux has it.
	}
}

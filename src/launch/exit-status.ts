import { writeFileSync } from "node:fs";
import { dieOf, type SignalledProcess } from "./signals.ts";
import type { Ending } from "./supervise.ts";

/** Ends this process as its command ended: with the same status, or of the same signal (as PID 1: with 128 + N). */
export function endLike(process: SignalledProcess, ending: Ending, release: () => void): void {
	if ("status" in ending) process.exit(ending.status);
	else {
		keepMemoryOutOfCore();
		dieOf(process, ending.signal, release);
	}
}

// Dying of SEGV or QUIT may write a core file, and ours would hold the secrets.
function keepMemoryOutOfCore(): void {
	try {
		writeFileSync("/proc/self/coredump_filter", "0");
	} catch {
		// Only Linux has it.
	}
}

import { closeSync } from "node:fs";
import type { Ending } from "./child.ts";
import { leave } from "./leave.ts";
import { dieOf, type SignalledProcess, type Signals } from "./signals.ts";

/** Ends this process as its command ended: with the same status, or of the same signal (as PID 1: with 128 + N). */
export function endLike(process: SignalledProcess, ending: Ending, release: Signals["release"]): void {
	leaveTerminal();
	if ("status" in ending) leave(process, ending.status);
	else dieOf(process, ending.signal, release);
}

// At its exit Node gives a terminal the settings of its own start, which would undo the command's (`stty -echo`);
// one that has gone makes older versions abort. It leaves descriptors alone that are closed.
function leaveTerminal(): void {
	for (const fd of [0, 1, 2]) {
		try {
			closeSync(fd);
		} catch {
			// It was closed from the start.
		}
	}
}

import { writeSync } from "node:fs";

/** Writes to standard output or standard error, synchronously, so that nothing is lost at the exit. A reader that has gone needs no answer. */
export function writeOut(fd: 1 | 2, text: string): void {
	let rest = Buffer.from(text);
	while (rest.length > 0) {
		try {
			rest = rest.subarray(writeSync(fd, rest));
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
			// A pipe that somebody else made non-blocking is full: wait for its reader.
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
		}
	}
}

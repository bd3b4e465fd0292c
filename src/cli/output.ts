import { writeSync } from "node:fs";
import { DstaError } from "../errors.ts";
import { encodeText } from "../launch/native/bytes.ts";

/**
 * Writes to standard output or standard error, synchronously, so that nothing is lost at the exit.
 * A reader that has gone needs no answer, and where messages cannot be written there is nobody to tell.
 * @throws {DstaError} DSTA_OUTPUT standard output cannot be written
 */
export function writeOut(fd: 1 | 2, output: string | Uint8Array): void {
	let rest = typeof output === "string" ? encodeText(output) : output;
	while (rest.length > 0) {
		try {
			rest = rest.subarray(writeSync(fd, rest));
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (code !== "EAGAIN") {
				if (fd === 2 || code === "EPIPE") return;
				throw new DstaError(
					"DSTA_OUTPUT",
					`Standard output cannot be written: ${REASONS[code ?? ""] ?? code}`,
					{
						cure: "Give it a place that can be written; what was printed until now is not complete.",
					},
				);
			}
			// A pipe that somebody else made non-blocking is full: wait for its reader.
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
		}
	}
}

const REASONS: Readonly<Record<string, string>> = {
	ENOSPC: "no space is left",
	EBADF: "it is closed",
	EIO: "input/output error",
};

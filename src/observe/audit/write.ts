import { writeSync } from "node:fs";

/** How long the reader of a pipe that is full is waited for. */
const PATIENCE_MS = 5000;
const PAUSE_MS = 5;

/** Writes all bytes, in one piece wherever the system takes them so. */
export function writeWhole(descriptor: number, bytes: Uint8Array): void {
	let rest = bytes;
	for (let pauses = 0; rest.length > 0; ) {
		try {
			rest = rest.subarray(writeSync(descriptor, rest));
		} catch (error) {
			const isFull = (error as NodeJS.ErrnoException).code === "EAGAIN";
			if (!isFull || ++pauses > PATIENCE_MS / PAUSE_MS) throw error;
			pause();
		}
	}
}

/** Does nothing for a moment. */
export function pause(): void {
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}

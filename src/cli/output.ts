import { write, writeSync } from "node:fs";
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

/** Standard error, as our own messages are written to it. */
export interface ErrorOutput {
	/** Writes a text, at first synchronously. */
	write(output: string | Uint8Array): void;
	/**
	 * From now on a reader that takes nothing in does not keep this process from anything else, as from forwarding a signal: what is
	 * written waits, up to 256 KiB, and beyond that it is left out.
	 */
	stopWaiting(): void;
	/** Resolves when all is written, after a second at most. */
	flush(): Promise<void>;
}

const MAX_WAITING_BYTES = 256 * 1024;
const RETRY_MS = 20;
const FLUSH_MS = 1000;

export function createErrorOutput(): ErrorOutput {
	let isPatient = true;
	let waitingBytes = 0;
	let last: Promise<void> | undefined;

	async function writeAfter(earlier: Promise<void> | undefined, bytes: Uint8Array): Promise<void> {
		await earlier;
		await writeBeside(bytes);
		waitingBytes -= bytes.length;
	}

	return {
		write(output) {
			if (isPatient) return writeOut(2, output);
			const bytes = typeof output === "string" ? encodeText(output) : output;
			if (waitingBytes + bytes.length > MAX_WAITING_BYTES) return;
			waitingBytes += bytes.length;
			last = writeAfter(last, bytes);
		},
		stopWaiting() {
			isPatient = false;
		},
		async flush() {
			if (last === undefined) return;
			let timer: NodeJS.Timeout | undefined;
			const late = new Promise((resolve) => {
				timer = setTimeout(resolve, FLUSH_MS);
			});
			await Promise.race([last, late]);
			clearTimeout(timer);
		},
	};
}

// By another thread, which alone is kept.
async function writeBeside(bytes: Uint8Array): Promise<void> {
	let rest = bytes;
	while (rest.length > 0) {
		const written = await new Promise<number>((resolve) => {
			write(2, rest, (error, count) =>
				resolve(error === null ? count : error.code === "EAGAIN" ? 0 : rest.length),
			);
		});
		rest = rest.subarray(written);
		if (written === 0) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
	}
}

import { closeSync, openSync, readSync } from "node:fs";

const CHUNK_BYTES = 256 * 1024;
/** No record is so long: what has no newline for so long is taken apart, so that any file fits into memory. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/** The lines of a file, without their newlines; `-` is standard input. A line holds until the next is asked for. */
export function* readLines(file: string): Generator<Buffer> {
	const descriptor = file === "-" ? 0 : openSync(file, "r");
	try {
		let buffer = Buffer.alloc(CHUNK_BYTES);
		let filled = 0;
		for (;;) {
			if (filled === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
			const read = readSync(descriptor, buffer, filled, buffer.length - filled, null);
			filled += read;
			const data = buffer.subarray(0, filled);
			let from = 0;
			for (let to = data.indexOf(NEWLINE); to >= 0; to = data.indexOf(NEWLINE, from)) {
				yield data.subarray(from, to);
				from = to + 1;
			}
			const isTooLong = from === 0 && filled >= MAX_LINE_BYTES;
			if (filled > from && (read === 0 || isTooLong)) {
				yield data.subarray(from);
				from = filled;
			}
			if (read === 0) return;
			buffer.copyWithin(0, from, filled);
			filled -= from;
		}
	} finally {
		if (descriptor !== 0) closeSync(descriptor);
	}
}

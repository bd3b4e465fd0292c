import { readSync } from "node:fs";
import { advance, type End, FILE_START, parseLine } from "./chain.ts";

/** Enough for the last two lines, which most often are enough. */
const FIRST_WINDOW_BYTES = 4 * 1024;

/** The end of a file of a log. */
export interface Tail {
	readonly head: string;
	/** Whether its last line is only begun. */
	readonly isCut: boolean;
}

/** Finds the head of a file that is not empty from as much of its end as that takes. */
export function readTail(descriptor: number, size: number): Tail {
	for (let wanted = FIRST_WINDOW_BYTES; ; wanted *= 4) {
		const start = Math.max(0, size - wanted);
		const bytes = readRange(descriptor, start, size);
		const { head } = endOf(bytes, start === 0);
		if (head !== undefined) return { head, isCut: bytes.at(-1) !== NEWLINE };
	}
}

const NEWLINE = 0x0a;

function readRange(descriptor: number, start: number, end: number): Buffer {
	const bytes = Buffer.alloc(end - start);
	let read = 0;
	while (read < bytes.length) {
		const more = readSync(descriptor, bytes, read, bytes.length - read, start + read);
		if (more === 0) break;
		read += more;
	}
	return bytes.subarray(0, read);
}

// What the window begins with may be a part of a line.
function endOf(bytes: Buffer, isWholeFile: boolean): End {
	let from = isWholeFile ? 0 : bytes.indexOf(NEWLINE) + 1;
	let end: End = isWholeFile ? FILE_START : { head: undefined, last: undefined };
	while (from < bytes.length) {
		const newline = bytes.indexOf(NEWLINE, from);
		const to = newline < 0 ? bytes.length : newline;
		end = advance(end, parseLine(bytes.subarray(from, to)));
		from = to + 1;
	}
	return end;
}

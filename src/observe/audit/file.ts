import { closeSync, constants, fchmodSync, fdatasyncSync, fstatSync, openSync, statSync } from "node:fs";
import { basename } from "node:path";
import { NO_HEAD } from "./chain.ts";
import { NO_FILE } from "./failure.ts";
import type { TimedRecord } from "./record.ts";
import { isCurrent, listRotated, rotate, syncFolder } from "./rotated.ts";
import type { Render, Sink, Start } from "./sink.ts";
import { readTail } from "./tail.ts";
import { pause, writeWhole } from "./write.ts";

export interface AuditFileOptions {
	readonly maxBytes: number;
	/** At least one. */
	readonly keep: number;
	/** Hears, once, why the file cannot be rotated; it grows then. */
	readonly onStuck: (error: NodeJS.ErrnoException) => void;
}

/**
 * Appends to a file and rotates it; other processes may do the same. It is opened each time, since it may have become another.
 * What cannot be done throws the error of the system.
 */
export function openAuditFile(file: string, { keep, maxBytes, onStuck }: AuditFileOptions): Sink {
	let isStuck = false;
	function moveAway(descriptor: number): boolean {
		try {
			return !isStuck && rotate(file, descriptor, keep);
		} catch (error) {
			isStuck = true;
			onStuck(error as NodeJS.ErrnoException);
			return false;
		}
	}
	/** Appends to the current file for as long as it is the current one. */
	function appendSome(records: TimedRecord[], render: Render): void {
		const descriptor = openCurrent(file);
		const written: TimedRecord[] = [];
		/** Our own last line, which is the head for as long as the file ends with it. */
		let own: { readonly head: string; readonly size: number } | undefined;
		try {
			for (let [record] = records; record !== undefined && isCurrent(file, descriptor); [record] = records) {
				const { size } = fstatSync(descriptor);
				const start =
					own?.size === size
						? { head: own.head, begins: undefined, isCut: false }
						: findStart(file, descriptor);
				const { head, text } = render(record, start);
				const bytes = Buffer.from(`${start.isCut ? "\n" : ""}${text}`);
				if (size > 0 && size + bytes.length > maxBytes && moveAway(descriptor)) break;
				writeWhole(descriptor, bytes);
				own = { head, size: size + bytes.length };
				written.push(record);
				records.shift();
			}
			fdatasyncSync(descriptor);
		} catch (error) {
			// Nobody knows whether they are on disk: better twice than not at all.
			records.unshift(...written);
			throw error;
		} finally {
			closeSync(descriptor);
		}
	}
	// So that what stands in the way shows before there is anything to write.
	closeSync(openCurrent(file));
	return {
		append(records, render) {
			while (records.length > 0) appendSome(records, render);
		},
	};
}

const { O_APPEND, O_CREAT, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
const TO_APPEND = O_RDWR | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;

function openCurrent(file: string): number {
	try {
		return checkFile(openSync(file, TO_APPEND));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
		return createCurrent(file);
	}
}

// What has become a pipe meanwhile would take some records for nobody, and wait with the rest.
function checkFile(descriptor: number): number {
	if (fstatSync(descriptor).isFile()) return descriptor;
	closeSync(descriptor);
	throw Object.assign(new Error("it is no file"), { code: NO_FILE });
}

// Whoever was let in to the one before is let in to this one.
function createCurrent(file: string): number {
	try {
		const descriptor = openSync(file, TO_APPEND | O_CREAT | O_EXCL, 0o600);
		const before = predecessorOf(file);
		if (before !== undefined) fchmodSync(descriptor, statSync(before).mode & 0o777);
		syncFolder(file);
		return descriptor;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
		return openCurrent(file);
	}
}

function findStart(file: string, descriptor: number): Start {
	const { size } = fstatSync(descriptor);
	if (size > 0) return { ...settledTail(descriptor), begins: undefined };
	const before = predecessorOf(file);
	if (before === undefined) return { head: NO_HEAD, isCut: false, begins: "log" };
	const other = openSync(before, "r");
	try {
		return { ...settledTail(other), isCut: false, begins: `file after ${basename(before)}` };
	} finally {
		closeSync(other);
	}
}

/** How often it is looked again at a line that is only begun: its writer may be at it. */
const LOOKS = 20;

function settledTail(descriptor: number): ReturnType<typeof readTail> {
	let size = fstatSync(descriptor).size;
	for (let look = 1; ; look++) {
		const tail = readTail(descriptor, size);
		if (!tail.isCut || look === LOOKS) return tail;
		pause();
		size = fstatSync(descriptor).size;
	}
}

function predecessorOf(file: string): string | undefined {
	return listRotated(file).findLast(({ size }) => size > 0)?.file;
}

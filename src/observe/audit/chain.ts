/*
 * The chain of an audit log.
 *
 * Each line ends in `prev`, the head of the log as its writer saw it, and `hash`, that of the line's own bytes before it. The
 * head is the hash of the last line, so that a line names the one before it. Nobody holds a lock: of two lines that are written
 * at the same time both name the same head, and the head after the second is made of the head before it and its hash. The next
 * line names that, and with it all that stands in the file, in its order. A line that is none of ours counts by its bytes.
 *
 * The head can be found from the end of a file, whatever stands before: a line that names the one right before it is the head. So a
 * writer of several lines looks for the head before each: another's may have come in between, which the next is to name as well.
 */
import { hash } from "node:crypto";
import type { TimedRecord, Who } from "./record.ts";

/** What a line is to the chain. */
export interface Link {
	/** That which the line says; of one that is no record, that of its bytes. */
	readonly hash: string;
	/** The head that its writer saw; `undefined`: this is no record. */
	readonly prev: string | undefined;
	/** What the line is the first of: `log`, `stream`, or `file after audit.jsonl.3`. */
	readonly begins: string | undefined;
	/** When it was written. */
	readonly time: string | undefined;
}

/** The end of the lines until now. */
export interface End {
	/** What the next line names; `undefined`: it is not known from the lines that were looked at. */
	readonly head: string | undefined;
	/** The hash of the last line. */
	readonly last: string | undefined;
}

/** The head of a log that has no line. */
export const NO_HEAD = "";

/** What stands before the lines of a file, seen from them alone. */
export const FILE_START: End = { head: NO_HEAD, last: undefined };

const START = /^\{"time":"([^"]*)"/;
const START_BYTES = 64;
const END = /,"prev":"([0-9a-f]{64}|)","hash":"([0-9a-f]{64})"\}$/;
const END_BYTES = `,"prev":"${"0".repeat(64)}","hash":"${"0".repeat(64)}"}`.length;
const HASH_BYTES = `,"hash":"${"0".repeat(64)}"}`.length;
const BEGINS = /,"begins":"((?:[^"\\]|\\.)*)","prev":"[^"]*","hash":"[^"]*"\}$/;

/** Reads a line, without its newline. */
export function parseLine(bytes: Buffer): Link {
	const time = START.exec(bytes.toString("latin1", 0, START_BYTES))?.[1];
	const [, prev, hash] = END.exec(bytes.toString("latin1", Math.max(0, bytes.length - END_BYTES))) ?? [];
	if (time === undefined || prev === undefined || hash === undefined)
		return { time: undefined, begins: undefined, prev: undefined, hash: digest(bytes) };
	const begins = bytes.includes(',"begins":"') ? BEGINS.exec(bytes.toString())?.[1] : undefined;
	return { time, begins, prev, hash };
}

/** Whether a record holds what it held when it was written. */
export function isUnchanged(bytes: Buffer, { hash }: Link): boolean {
	return digest(bytes.subarray(0, -HASH_BYTES)) === hash;
}

/** The end of the lines with one more. */
export function advance({ head, last }: End, { begins, hash, prev }: Link): End {
	const isFirst = last === undefined && head !== undefined;
	if (isFirst || begins === "stream" || (prev !== undefined && (prev === head || prev === last)))
		return { head: hash, last: hash };
	return { head: head === undefined ? undefined : digest(head + hash), last: hash };
}

/** Makes the line of a record, with its newline; `begins`: what it is the first of. */
export function renderLine(
	{ time, action, ...about }: TimedRecord,
	who: Who,
	{ begins, head: prev }: { readonly begins: string | undefined; readonly head: string },
): { readonly text: string; readonly head: string } {
	const start = JSON.stringify({ time, action, ...who, ...about, begins, prev }).slice(0, -1);
	const head = digest(start);
	return { text: `${start},"hash":"${head}"}\n`, head };
}

function digest(data: string | Uint8Array): string {
	return hash("sha256", data);
}

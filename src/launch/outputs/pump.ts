import { write } from "node:fs";
import type { Filter } from "./filter.ts";

/** Passes on what comes out of a stream. */
export interface Pump {
	/** Resolves when all was passed on that had been written before. */
	drain(): Promise<void>;
	/** Resolves at the end of the stream, or when nobody reads any more what is passed on. */
	readonly ended: Promise<PumpEnd>;
}

/** `isRefused`: nobody reads any more, or nothing more can be written. */
export interface PumpEnd {
	readonly isRefused: boolean;
}

export interface PumpOptions {
	/** The descriptor that it is written to. */
	readonly to: number;
	readonly filter: Filter;
	/** Hears by which code nothing more can be written, where its reader has not just gone. */
	readonly onFailure: (code: string) => void;
}

/** How long nothing is written before a filter has to let go of what it may, such as the end of a prompt. */
const QUIET_MS = 100;

/** In so many turns of the event loop what is in a pipe comes out. */
const TURNS = 3;

/** Begins to pass on what comes out of a stream through a filter, no faster than it can be written. */
export function startPump(source: AsyncIterable<Uint8Array>, { filter, onFailure, to }: PumpOptions): Pump {
	let written: Promise<void> = Promise.resolve();
	let chunks = 0;
	let isBusy = false;
	let isOver = false;
	let quiet: NodeJS.Timeout | undefined;

	/** Writes behind what is being written. */
	function pass(bytes: Buffer): Promise<void> {
		if (bytes.length > 0) written = written.then(() => writeAll(to, bytes));
		return written;
	}

	async function run(): Promise<PumpEnd> {
		try {
			for await (const chunk of source) {
				clearTimeout(quiet);
				chunks++;
				isBusy = true;
				await pass(filter.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
				isBusy = false;
				quiet = setTimeout(() => pass(filter.settle()).catch(() => undefined), QUIET_MS).unref();
			}
			await pass(filter.flush());
			return { isRefused: false };
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (code === undefined) throw error;
			// A socket in the place of a pipe may say it so, where something in it was not read.
			if (code !== "EPIPE" && code !== "ECONNRESET") onFailure(code);
			return { isRefused: true };
		} finally {
			isOver = true;
			clearTimeout(quiet);
		}
	}

	const ended = run();
	return {
		ended,
		async drain() {
			for (let seen = chunks, turns = 0; turns < TURNS && !isOver; turns++) {
				if (isBusy) await written.catch(() => undefined);
				await new Promise((resolve) => setImmediate(resolve));
				if (seen === chunks) continue;
				seen = chunks;
				turns = -1;
			}
			if (!isOver) await pass(filter.flush()).catch(() => undefined);
		},
	};
}

/** How long to wait for a reader where somebody has made the descriptor one that does not block. */
const FULL_MS = 5;

// On a thread of its own: a reader that takes its time must not keep signals from the command.
async function writeAll(to: number, bytes: Buffer): Promise<void> {
	let rest = bytes;
	while (rest.length > 0)
		try {
			rest = rest.subarray(await writeOnce(to, rest));
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
			await new Promise((resolve) => setTimeout(resolve, FULL_MS));
		}
}

function writeOnce(to: number, bytes: Buffer): Promise<number> {
	return new Promise((resolve, reject) => {
		write(to, bytes, (error, count) => (error === null ? resolve(count) : reject(error)));
	});
}

import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { HAS_LIBC } from "../native/libc.ts";

/** The reader of Bun, whose sockets take no descriptor. */
declare const Bun: { file(descriptor: number): { stream(): AsyncIterable<Uint8Array> } };

/** What comes out of a pipe, chunk by chunk; it is closed when nobody takes more. */
export function readChunks(descriptor: number): AsyncIterable<Uint8Array> {
	return HAS_LIBC ? readByBun(descriptor) : new Socket({ fd: descriptor, readable: true, writable: false });
}

async function* readByBun(descriptor: number): AsyncIterable<Uint8Array> {
	try {
		yield* Bun.file(descriptor).stream();
	} finally {
		// What it reads from, and closes, is a copy.
		closeSync(descriptor);
	}
}

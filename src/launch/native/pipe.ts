import { constants } from "node:fs";
import type { Libc } from "./libc.ts";

const O_CLOEXEC = 0o2000000;
const F_SETFL = 4;

/** Makes a pipe whose reading end does not block; what we start inherits neither end by itself. */
export function createPipe({ addressOf, calls }: Libc): {
	readonly reading: number;
	readonly writing: number;
} {
	const ends = new Int32Array(2);
	calls.pipe2(addressOf(ends), O_CLOEXEC);
	const [reading, writing] = ends as unknown as readonly [number, number];
	calls.fcntl(reading, F_SETFL, constants.O_NONBLOCK);
	return { reading, writing };
}

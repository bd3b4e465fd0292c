import type { Libc } from "./libc.ts";

const CLOCK_MONOTONIC = 1;

/** Microseconds on the clock that service managers go by; the one of Bun itself begins with this process. */
export function readMonotonic({ addressOf, open }: Libc): bigint {
	const time = new BigInt64Array(2);
	open({ clock_gettime: ["int", "ptr"] }).clock_gettime(CLOCK_MONOTONIC, addressOf(time));
	const [seconds, nanoseconds] = time as unknown as readonly [bigint, bigint];
	return seconds * 1_000_000n + nanoseconds / 1000n;
}

import { setTimeout as sleep } from "node:timers/promises";

/** How often a write is made again from what somebody else wrote meanwhile: of several who write at once one succeeds each time. */
export const WRITE_ATTEMPTS = 12;

const FIRST_DELAY_MS = 25;
const MAX_DELAY_MS = 500;

/** Waits after such an attempt, with full jitter so that those who met once do not meet again; rejects at the signal. */
export async function pauseAfter(attempt: number, signal: AbortSignal): Promise<void> {
	const ms = Math.random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
	await sleep(ms, undefined, { signal });
}

import { firstPauseMs, pollPauseMs, type Random, splayPauseMs } from "./pauses.ts";

/** Why secrets are resolved anew: a poll saw another answer, a lease ends, or somebody has asked for it. */
export type Reason = "change" | "lease" | "reload";

export interface WatchOptions {
	/** What the map says; asked each time, since another map may take its place. */
	readonly settings: () => WatchSettings;
	/** Whether an answer may have changed. */
	readonly look: () => Promise<boolean>;
	/** Resolves anew and does what follows; `false`: nothing came of it. */
	readonly renew: (reason: Reason) => Promise<boolean>;
	readonly random: Random;
	/** Waits, and no longer than until the signal. */
	readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
	/** Ends the watch. */
	readonly signal: AbortSignal;
}

export interface WatchSettings {
	/** How often it is looked; `undefined`: only what wakes the watch counts. */
	readonly intervalMs: number | undefined;
	readonly settleMs: number;
	readonly splayMs: number;
}

export interface Watch {
	/** Has the watch resolve anew: at once for a reload, otherwise when changes were gathered. */
	wake(reason: "lease" | "reload"): void;
	/** Resolves when the signal has ended the watch. */
	readonly ended: Promise<void>;
}

/** How long until it is tried again to replace what ends with a lease, at first and at most. */
const RETRY_MS = 10_000;
const MAX_RETRY_MS = 300_000;

/** The longest time that a timer of the runtime can wait. */
const MAX_PAUSE_MS = 2 ** 31 - 1;

/** Looks for changes and does one thing after the other: what comes while something follows from a change is one more round. */
export function startWatch({ look, pause, random, renew, settings, signal }: WatchOptions): Watch {
	const asked = new Set<Reason>();
	let sleeper: { readonly alarm: AbortController; readonly wakers: readonly Reason[] } | undefined;
	signal.addEventListener("abort", () => sleeper?.alarm.abort());

	async function pauseUnless(wakers: readonly Reason[], ms: number): Promise<void> {
		if (signal.aborted || wakers.some((reason) => asked.has(reason))) return;
		sleeper = { alarm: new AbortController(), wakers };
		await pause(Math.min(MAX_PAUSE_MS, ms), sleeper.alarm.signal);
		sleeper = undefined;
	}

	async function run(): Promise<void> {
		let pauseMs = firstPauseMs;
		/** Set while what a lease has brought is still to be replaced. */
		let retryMs: number | undefined;
		while (!signal.aborted) {
			const { intervalMs } = settings();
			const ms = intervalMs === undefined ? MAX_PAUSE_MS : pauseMs(intervalMs, random);
			const untilRetryMs = retryMs === undefined ? ms : pollPauseMs(retryMs, random);
			await pauseUnless(["lease", "reload"], Math.min(ms, untilRetryMs));
			pauseMs = pollPauseMs;
			if (signal.aborted) return;
			if (asked.size === 0 && intervalMs !== undefined && (await look())) asked.add("change");
			if (retryMs !== undefined) asked.add("lease");
			if (asked.size === 0) continue;
			const { settleMs, splayMs } = settings();
			// What a lease has left is not to be spent so; that leases end at different times spreads them.
			await pauseUnless(["lease", "reload"], splayPauseMs(splayMs, random));
			await pauseUnless(["reload"], settleMs);
			const [reason] = ORDER.filter((one) => asked.has(one));
			const isLeaseEnding = asked.has("lease");
			asked.clear();
			if (signal.aborted || reason === undefined) return;
			const isDone = await renew(reason);
			retryMs = isDone || !isLeaseEnding ? undefined : Math.min(2 * (retryMs ?? RETRY_MS / 2), MAX_RETRY_MS);
		}
	}

	return {
		wake(reason) {
			asked.add(reason);
			if (sleeper?.wakers.includes(reason)) sleeper.alarm.abort();
		},
		ended: run(),
	};
}

/** A reload does all that the others do. */
const ORDER: readonly Reason[] = ["reload", "lease", "change"];

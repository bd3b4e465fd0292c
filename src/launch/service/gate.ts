import { constants } from "node:os";
import { now } from "../../clock.ts";
import { ENDING, type Receiver } from "../signals.ts";
import type { Incumbent } from "./incumbent.ts";

/** What receives the signals of a run whose command may be replaced, and knows which one ends the run. */
export interface Gate {
	readonly receiver: Receiver;
	/** The signal that is to end the run, and whether there was a command that got it. */
	last(): LastSignal | undefined;
	/** Resolves when there is one, or a signal is aborted, of which nothing stays behind: there may be many during one run. */
	told(until: AbortSignal): Promise<void>;
}

export interface LastSignal {
	readonly signal: number;
	readonly wasForwarded: boolean;
}

const { SIGHUP, SIGTERM } = constants.signals;

/** Makes the gate for whatever command there is; `rewriting` says what it gets instead of a signal, 0 being nothing. */
export function createGate(
	find: () => Incumbent | undefined,
	rewriting: ReadonlyMap<number, number> | undefined,
): Gate {
	const waiting = new Set<() => void>();
	let last: LastSignal | undefined;
	return {
		told: (until) =>
			new Promise((resolve) => {
				if (last !== undefined || until.aborted) return resolve();
				waiting.add(resolve);
				until.addEventListener("abort", () => {
					waiting.delete(resolve);
					resolve();
				});
			}),
		last: () => last,
		receiver: {
			get pid() {
				return find()?.pid;
			},
			kill: (signal, value) => find()?.running.kill(signal, value),
			takes(signal) {
				const incumbent = find();
				const sent = rewriting?.get(signal) ?? signal;
				const isDropped = sent === 0;
				const isTerm = !isDropped && (signal === SIGTERM || sent === SIGTERM);
				const isEnding = isTerm || (!isDropped && (ENDING.has(signal) || ENDING.has(sent)));
				const canWait = !isEnding || (signal === SIGHUP && !isTerm);
				const isBetween = incumbent === undefined || incumbent.isStopping;
				if (canWait && (isBetween || !incumbent.isSettled)) return false;
				if (isTerm || (isBetween && isEnding)) {
					last ??= { signal, wasForwarded: incumbent !== undefined };
					for (const tell of waiting) tell();
				}
				if (isEnding && incumbent !== undefined) incumbent.askedAtMs = now();
				return incumbent !== undefined;
			},
		},
	};
}

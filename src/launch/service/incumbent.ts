import { constants } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import type { Ending, Running } from "../child.ts";
import type { Command } from "../command.ts";
import type { Warn } from "../own.ts";

/** A command of a run, while it runs and after it. */
export interface Incumbent {
	readonly command: Command;
	readonly running: Running;
	readonly pid: number;
	/** When a signal came for it that may have been to end it. */
	askedAtMs: number | undefined;
	/** Whether it has shown that it runs; until then signals that are not to end it wait. */
	isSettled: boolean;
	isStopping: boolean;
	/** Whether its end is the end of the run. */
	endsRun: boolean;
	/** How it has ended. */
	ending: Ending | undefined;
}

/** How a command is stopped that another one is to replace. */
export interface Stopping {
	readonly signal: number;
	readonly timeoutMs: number;
	readonly warn: Warn;
}

/** The longest time of a timer. */
const LONGEST_MS = 2 ** 31 - 1;

/** Stops a command, and kills it where that takes too long; whether it was killed. */
export async function stopIncumbent(
	one: Incumbent,
	{ signal, timeoutMs, warn }: Stopping,
): Promise<{ readonly ending: Ending; readonly isKilled: boolean }> {
	let isKilled = false;
	one.isStopping = true;
	sendAsIs(one, signal);
	const timer = setTimeout(
		() => {
			isKilled = true;
			sendAsIs(one, constants.signals.SIGKILL);
			warn(`the command goes on ${timeoutMs / 1000} s after it was stopped: killing it (run.stop_timeout)`);
		},
		Math.min(timeoutMs, LONGEST_MS),
	);
	const ending = await one.running.ended.finally(() => clearTimeout(timer));
	return { ending, isKilled };
}

/** Sends a signal of our own to a command, whatever is asked of those that are forwarded. */
export function sendAsIs({ running: { kill, killAsIs = kill } }: Incumbent, signal: number): void {
	killAsIs(signal);
}

/** Resolves after a time, or when a signal is aborted. */
export async function delay(ms: number, signal: AbortSignal): Promise<void> {
	await pause(Math.min(ms, LONGEST_MS), undefined, { signal }).catch(() => undefined);
}

import { handOverSockets, handOverWatchdog } from "./activation.ts";
import { type Command, startFailure } from "./command.ts";
import type { Own } from "./own.ts";
import { startTooLarge } from "./size.ts";

/** How a command ended: with a status, or by a signal. */
export type Ending = { readonly status: number } | { readonly signal: number };

/** A command that was started. */
export interface Started {
	/** `undefined`: it did not start, and `ended` tells why. */
	readonly pid: number | undefined;
	kill(signal: number, value?: bigint): unknown;
	/** Sends it a signal of our own, where `kill` does to those that are forwarded what was asked. */
	killAsIs?(signal: number): unknown;
	readonly ended: Promise<ChildEnd>;
}

export interface ChildEnd {
	/** Why it did not start. */
	readonly code?: string | undefined;
	readonly exitCode?: number | undefined;
	readonly signal?: number | undefined;
}

/** Starts a command on our own standard streams, with more descriptors if need be. */
export type Start = (command: Command, descriptors: readonly number[]) => Started;

/**
 * Loads the way in which this build starts a command: by libc where it can be reached, otherwise by Node. As PID 1, or as the
 * subreaper that libc can make of this process, it also takes the status of processes that have lost their parent.
 */
export async function loadStart({ inheritance, process }: Own, isSubreaper: boolean): Promise<Start> {
	if (inheritance === undefined) return (await import("./supervise.ts")).startByNode;
	const { adoptOrphans, createLibcStart } = await import("./native/supervise.ts");
	if (isSubreaper) adoptOrphans(inheritance.libc);
	return createLibcStart(inheritance, { process, isReaper: isSubreaper || process.pid === 1 });
}

/** A command that was started, and how it ended. */
export interface Running extends Omit<Started, "ended"> {
	/** @throws {DstaError} why it did not start */
	readonly ended: Promise<Ending>;
}

/**
 * Starts a command, gives it the signals, and waits for its end and for nothing else:
 * no timer, and no grandchild that still holds a stream.
 * @throws {DstaError} DSTA_COMMAND_NOT_FOUND, DSTA_NOT_EXECUTABLE · DSTA_INVALID_VALUE environment or arguments are too large ·
 * DSTA_UNSUPPORTED the sockets that a service manager gave to us cannot be handed over
 */
export async function superviseCommand(command: Command, own: Own, start: Start): Promise<Ending> {
	const running = startCommand(command, own, start);
	if (running.pid !== undefined) {
		own.signals.attach(running);
		command.onStarted?.(running.pid);
	}
	return running.ended;
}

/**
 * Starts a command with what a service manager gave to us for it; the signals are still to be attached in the same turn.
 * @throws {DstaError} as `superviseCommand`; by `ended` what the system itself finds out
 */
export function startCommand(
	asked: Command,
	{ coreDumps, process: { pid }, signals }: Own,
	start: Start,
): Running {
	const { command, descriptors } = handOverSockets(handOverWatchdog(asked, pid), pid);
	signals.putInOrder();
	const started = coreDumps.whileInherited(() => start(command, descriptors));
	return { ...started, ended: endOf(started, asked, command) };
}

async function endOf(started: Started, asked: Command, command: Command): Promise<Ending> {
	const { code, exitCode, signal } = await started.ended;
	if (started.pid === undefined) {
		if (code === "E2BIG") throw startTooLarge(asked);
		throw startFailure(command, code ?? "");
	}
	return signal === undefined ? { status: exitCode ?? 1 } : { signal };
}

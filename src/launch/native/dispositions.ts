import { readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Libc } from "./libc.ts";

/** What a process does with signals that is passed on to what it executes: which ones it ignores, and which ones it blocks. */
export interface Dispositions {
	readonly ignored: readonly number[];
	/** As a set of signals of the kernel: N is the bit N - 1. */
	readonly blocked: bigint;
}

/** Of Bun itself: how they were at our start nobody can tell. */
const IGNORED_BY_BUN: ReadonlySet<number> = new Set([constants.signals.SIGPIPE, constants.signals.SIGXFSZ]);

const LAST_SIGNAL = 64;

/** Those that this process was started with; to be called before the first listener. */
export function readDispositions(): Dispositions {
	const status = readFileSync("/proc/self/status", "latin1");
	const setOf = (field: string) =>
		BigInt(`0x${new RegExp(`^${field}:\\s*(\\w+)`, "m").exec(status)?.[1] ?? "0"}`);
	return {
		ignored: membersOf(setOf("SigIgn")).filter((signal) => !IGNORED_BY_BUN.has(signal)),
		blocked: setOf("SigBlk"),
	};
}

/** The size of `struct sigaction` and the place of its handler, in glibc and musl, on x64 and arm64. */
const ACTION_BYTES = 152;
const SIG_DFL = 0n;
const SIG_IGN = 1n;
const SIGNAL_SET_BYTES = 128;
const SIG_SETMASK = 2;

/**
 * Makes the dispositions and the mask what a program is to be executed with: ignored is what was ignored, and all else has its
 * default action. Signals that have a handler keep it, since execution itself gives them their default. Returns what undoes it.
 */
export function restoreDispositions(libc: Libc, { blocked, ignored }: Dispositions): () => void {
	const changes = [
		...[...IGNORED_BY_BUN].map((signal) => setHandler(libc, signal, SIG_DFL)),
		...ignored.map((signal) => setHandler(libc, signal, SIG_IGN)),
		setMask(libc, blocked),
	];
	return () => {
		for (const undo of changes.toReversed()) undo();
	};
}

function setHandler({ addressOf, calls }: Libc, signal: number, handler: bigint): () => void {
	const previous = new Uint8Array(ACTION_BYTES);
	const action = new BigUint64Array(ACTION_BYTES / 8);
	action[0] = handler;
	calls.sigaction(signal, addressOf(action), addressOf(previous));
	return () => calls.sigaction(signal, addressOf(previous), null);
}

function setMask({ addressOf, calls }: Libc, signals: bigint): () => void {
	const previous = new Uint8Array(SIGNAL_SET_BYTES);
	const set = new BigUint64Array(SIGNAL_SET_BYTES / 8);
	set[0] = signals;
	calls.sigprocmask(SIG_SETMASK, addressOf(set), addressOf(previous));
	return () => calls.sigprocmask(SIG_SETMASK, addressOf(previous), null);
}

function membersOf(signals: bigint): readonly number[] {
	const members: number[] = [];
	for (let signal = 1; signal <= LAST_SIGNAL; signal++)
		if ((signals >> BigInt(signal - 1)) & 1n) members.push(signal);
	return members;
}

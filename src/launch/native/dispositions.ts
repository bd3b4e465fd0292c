import { readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Address, Libc } from "./libc.ts";

/** What a process does with signals that is passed on to what it executes: which ones it ignores, and which ones it blocks. */
export interface Dispositions {
	readonly ignored: readonly number[];
	/** As a set of signals of the kernel: N is the bit N - 1. */
	readonly blocked: bigint;
}

/** By Bun itself: how they were at our start nobody can tell. */
const IGNORED_BY_BUN: readonly number[] = [constants.signals.SIGPIPE, constants.signals.SIGXFSZ];

const LAST_SIGNAL = 64;

/** Those that this process was started with; to be called before the first listener. */
export function readDispositions(): Dispositions {
	const status = readFileSync("/proc/self/status", "latin1");
	const setOf = (field: string) =>
		BigInt(`0x${new RegExp(`^${field}:\\s*(\\w+)`, "m").exec(status)?.[1] ?? "0"}`);
	return {
		ignored: membersOf(setOf("SigIgn")).filter((signal) => !IGNORED_BY_BUN.includes(signal)),
		blocked: setOf("SigBlk"),
	};
}

/** The size of `struct sigaction` and the places in it, in glibc and musl, on x64 and arm64: a handler, signals, flags. */
const ACTION_BYTES = 152;
const BLOCKED_AT = 1;
const FLAGS_AT = 34;
const SIG_DFL = 0n;
const SIG_IGN = 1n;
const SA_SIGINFO = 4;
const SA_RESTART = 0x10000000;
const SIGNAL_SET_BYTES = 128;
const ALL_SIGNALS = 2n ** 64n - 1n;
const SIG_UNBLOCK = 1;
const SIG_SETMASK = 2;

/** Those that this process ignores only for itself, as a set of the kernel. */
export function ignoredForUs({ ignored }: Dispositions): bigint {
	return bitsOf(IGNORED_BY_BUN.filter((signal) => !ignored.includes(signal)));
}

/** Takes all signals for this process: none is blocked, and none that tells of children is ignored. */
export function takeSignals(libc: Libc): void {
	setMask(libc, setOf([]));
	setHandler(libc, constants.signals.SIGCHLD, SIG_DFL);
}

/**
 * Makes the dispositions and the mask what a program is to be executed with: ignored is what was ignored, and all else has its
 * default action. Signals that have a handler keep it, since execution itself gives them their default. Returns what undoes it.
 */
export function restoreDispositions(libc: Libc, { blocked, ignored }: Dispositions): () => void {
	const changes = [
		...IGNORED_BY_BUN.map((signal) => setHandler(libc, signal, SIG_DFL)),
		...ignored.map((signal) => setHandler(libc, signal, SIG_IGN)),
		setMask(libc, signalSet(blocked)),
	];
	return () => {
		for (const undo of changes.toReversed()) undo();
	};
}

/** Ignores signals until the function that it returns is called. */
export function ignoreMeanwhile(libc: Libc, signals: readonly number[]): () => void {
	const changes = signals.map((signal) => setHandler(libc, signal, SIG_IGN));
	return () => {
		for (const undo of changes) undo();
	};
}

/** Gives a signal its default action, whoever handles it now. */
export function setDefault(libc: Libc, signal: number): void {
	setHandler(libc, signal, SIG_DFL);
}

/** A set of signals as libc takes it. */
export function setOf(signals: readonly number[]): BigUint64Array {
	return signalSet(bitsOf(signals));
}

/** A set of signals as libc takes it, of one as the kernel has it. */
export function signalSet(signals: bigint): BigUint64Array {
	const set = new BigUint64Array(SIGNAL_SET_BYTES / 8);
	set[0] = signals;
	return set;
}

/** The handler of a signal, whoever has set it. */
export function handlerOf({ addressOf, calls }: Libc, signal: number): bigint {
	const action = new BigUint64Array(ACTION_BYTES / 8);
	calls.sigaction(signal, null, addressOf(action));
	return action[0] as bigint;
}

/** Has signals handled by machine code at an address, which is told what the kernel says of them and not interrupted by others. */
export function handle({ addressOf, calls }: Libc, signals: Iterable<number>, handler: Address): void {
	const action = new BigUint64Array(ACTION_BYTES / 8);
	action[0] = BigInt(handler);
	action.fill(ALL_SIGNALS, BLOCKED_AT, BLOCKED_AT + SIGNAL_SET_BYTES / 8);
	new Uint32Array(action.buffer)[FLAGS_AT] = SA_SIGINFO | SA_RESTART;
	const address = addressOf(action);
	for (const signal of signals) calls.sigaction(signal, address, null);
}

function setHandler({ addressOf, calls }: Libc, signal: number, handler: bigint): () => void {
	const previous = new Uint8Array(ACTION_BYTES);
	const action = new BigUint64Array(ACTION_BYTES / 8);
	action[0] = handler;
	calls.sigaction(signal, addressOf(action), addressOf(previous));
	return () => calls.sigaction(signal, addressOf(previous), null);
}

/** Blocks exactly these signals in the thread that calls it. Returns what undoes it. */
export function setMask({ addressOf, calls }: Libc, set: BigUint64Array): () => void {
	const previous = new Uint8Array(SIGNAL_SET_BYTES);
	calls.sigprocmask(SIG_SETMASK, addressOf(set), addressOf(previous));
	return () => calls.sigprocmask(SIG_SETMASK, addressOf(previous), null);
}

/** Blocks a signal no more. */
export function allow({ addressOf, calls }: Libc, signal: number): void {
	calls.sigprocmask(SIG_UNBLOCK, addressOf(setOf([signal])), null);
}

function bitsOf(signals: readonly number[]): bigint {
	return signals.reduce((set, signal) => set | (1n << BigInt(signal - 1)), 0n);
}

function membersOf(signals: bigint): readonly number[] {
	const members: number[] = [];
	for (let signal = 1; signal <= LAST_SIGNAL; signal++)
		if ((signals >> BigInt(signal - 1)) & 1n) members.push(signal);
	return members;
}

import { readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Libc } from "./libc.ts";

/** What a process does with signals that is passed on to what it executes: which ones it ignores, and which ones it blocks. */
export interface Dispositions {
	readonly ignored: readonly number[];
	/** As a set of signals of the kernel: N is the bit N - 1. */
	readonly blocked: bigint;
}

/** By Bun itself: how they were at our start nobody can tell. */
const IGNORED_BY_BUN: readonly number[] = [constants.signals.SIGPIPE, constants.signals.SIGXFSZ];

const FIRST_REAL_TIME = 34;
const LAST_SIGNAL = 64;

/** What no listener can hear under Bun, and what would end us while the command goes on. */
const UNHEARD: readonly number[] = [
	constants.signals.SIGSTKFLT,
	...Array.from({ length: LAST_SIGNAL - FIRST_REAL_TIME + 1 }, (_, index) => FIRST_REAL_TIME + index),
];

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

/** The size of `struct sigaction` and the place of its handler, in glibc and musl, on x64 and arm64. */
const ACTION_BYTES = 152;
const SIG_DFL = 0n;
const SIG_IGN = 1n;
const SIGNAL_SET_BYTES = 128;
const SIG_SETMASK = 2;

/** Those that this process ignores only for itself, as a set of the kernel. */
export function ignoredForUs({ ignored }: Dispositions): bigint {
	return [...IGNORED_BY_BUN, ...UNHEARD]
		.filter((signal) => !ignored.includes(signal))
		.reduce((set, signal) => set | (1n << BigInt(signal - 1)), 0n);
}

/** Takes all signals for this process: none is blocked, none that tells of children is ignored, and none ends it unheard. */
export function takeSignals(libc: Libc): void {
	setMask(libc, 0n);
	setHandler(libc, constants.signals.SIGCHLD, SIG_DFL);
	for (const signal of UNHEARD) setHandler(libc, signal, SIG_IGN);
}

/**
 * Makes the dispositions and the mask what a program is to be executed with: ignored is what was ignored, and all else has its
 * default action. Signals that have a handler keep it, since execution itself gives them their default. Returns what undoes it.
 */
export function restoreDispositions(libc: Libc, { blocked, ignored }: Dispositions): () => void {
	const changes = [
		...[...IGNORED_BY_BUN, ...UNHEARD].map((signal) => setHandler(libc, signal, SIG_DFL)),
		...ignored.map((signal) => setHandler(libc, signal, SIG_IGN)),
		setMask(libc, blocked),
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

/** A set of signals as libc takes it, of one as the kernel has it. */
export function signalSet(signals: bigint): BigUint64Array {
	const set = new BigUint64Array(SIGNAL_SET_BYTES / 8);
	set[0] = signals;
	return set;
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
	const set = signalSet(signals);
	calls.sigprocmask(SIG_SETMASK, addressOf(set), addressOf(previous));
	return () => calls.sigprocmask(SIG_SETMASK, addressOf(previous), null);
}

function membersOf(signals: bigint): readonly number[] {
	const members: number[] = [];
	for (let signal = 1; signal <= LAST_SIGNAL; signal++)
		if ((signals >> BigInt(signal - 1)) & 1n) members.push(signal);
	return members;
}

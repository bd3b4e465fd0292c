/*
 * The policy of signals.
 *
 * A launcher is invisible when the command gets every signal that was meant for it, once. So every catchable signal is
 * forwarded, by its number (SIGIOT is SIGABRT under another name, and SIGPOLL is SIGIO), with these exceptions:
 *
 * - ILL TRAP ABRT BUS FPE SEGV SYS are faults of this process. A listener would return into the faulting instruction for ever.
 * - PROF belongs to the profiler of the runtime where one was asked for (--prof, --cpu-prof). CHLD tells us of our own children, PIPE and XFSZ are answers to our own writes.
 * - On the foreground of a terminal INT, QUIT and WINCH go to the whole process group: the command has them already.
 *   Node does not show who sent a signal, so `kill -INT` of the launcher alone is not forwarded there. This limit is accepted;
 *   on the background, and without a terminal, it is forwarded.
 *   After a hang-up nobody knows whether the shell told the command as well, so that it may get HUP twice.
 * - TSTP, TTIN, TTOU and CONT are left alone where there is a terminal: the shell stops and continues both of us.
 * - Real-time signals cannot be caught under Node, and a command that dies of one looks to it as if it had exited with 0.
 *   Under Bun neither these nor STKFLT and PWR can: they are ignored, since to die of them would leave the command behind.
 *
 * Before there is a command, TERM, INT, HUP and QUIT end the launcher at once, and it dies of them as it would without a
 * listener; those that it was started to ignore, which only the standalone executable can know, do nothing then. All others
 * wait for the command. No listener is ever removed before the command has ended, so a second TERM is forwarded as the first
 * was. The listener for USR1 also keeps Node from opening its inspector;
 * one that was opened before is closed again (inspector.ts).
 */
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Inheritance } from "./native/inheritance.ts";
import { HAS_LIBC } from "./native/libc.ts";

/** What signals need of a process. */
export type SignalledProcess = Pick<
	NodeJS.Process,
	"on" | "off" | "removeAllListeners" | "kill" | "exit" | "pid" | "env" | "execArgv"
>;

/** What receives the signals: the command. */
export interface Receiver {
	kill(signal: number): unknown;
}

export interface Signals {
	/** Resolves when every signal that has come until now was received: one that comes during synchronous work has to wait. */
	settle(): Promise<void>;
	/** From now on signals go to the command; those that waited go there first. */
	attach(command: Receiver): void;
	/** Removes all listeners, so that a signal ends this process again. */
	release(signal: number): void;
	/** Removes all listeners, and lets the signals that waited for a command act as if nobody had listened. */
	surrender(): void;
}

const NOT_FORWARDED = "KILL STOP ILL TRAP ABRT IOT BUS FPE SEGV SYS CHLD PIPE XFSZ".split(" ");
const ENDING = new Set([
	constants.signals.SIGTERM,
	constants.signals.SIGINT,
	constants.signals.SIGHUP,
	constants.signals.SIGQUIT,
]);
const FROM_TERMINAL = new Set([
	constants.signals.SIGINT,
	constants.signals.SIGQUIT,
	constants.signals.SIGWINCH,
]);
const JOB_CONTROL = new Set([
	constants.signals.SIGCONT,
	constants.signals.SIGTSTP,
	constants.signals.SIGTTIN,
	constants.signals.SIGTTOU,
]);

/** Takes over the signals of this process until `release`. To be called before anything else of a run. */
export function captureSignals(process: SignalledProcess, inheritance?: Inheritance): Signals {
	const waiting: number[] = [];
	const listeners = new Map<NodeJS.Signals, () => void>();
	const ignored = new Set(inheritance?.dispositions.ignored);
	let command: Receiver | undefined;

	function receive(signal: number): void {
		if (command === undefined) {
			if (ignored.has(signal)) return;
			if (ENDING.has(signal)) dieOf(process, signal, release);
			else waiting.push(signal);
		} else if (!FROM_TERMINAL.has(signal) || !isOnForeground()) command.kill(signal);
	}

	function release(signal: number): void {
		for (const [name, listener] of listeners) process.off(name, listener);
		listeners.clear();
		inheritance?.releaseSignal(signal);
	}

	const hasTerminal = terminalState() !== undefined;
	const hasProfiler = isProfiled(process);
	for (const [name, number] of forwardedSignals()) {
		if (hasProfiler && name === "SIGPROF") continue;
		if (hasTerminal && JOB_CONTROL.has(number)) continue;
		// Node's own, by which NODE_OPTIONS=--heapsnapshot-signal writes the memory of this process into a file.
		process.removeAllListeners(name);
		const listener = () => receive(number);
		process.on(name, listener);
		listeners.set(name, listener);
	}
	return {
		async settle() {
			// Signals come with the other events, before setImmediate: those that came during this turn with the next one.
			for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
		},
		attach(receiver) {
			command = receiver;
			for (const signal of waiting.splice(0)) receiver.kill(signal);
		},
		release,
		surrender() {
			const numbers = [...listeners.keys()].map((name) => constants.signals[name]);
			for (const number of numbers) release(number);
			for (const signal of waiting.splice(0)) process.kill(process.pid, signal);
		},
	};
}

/** Dies of a signal as if nobody had listened; as PID 1, where the kernel drops it, exits with 128 + N. */
export function dieOf(process: SignalledProcess, signal: number, release: Signals["release"]): void {
	release(signal);
	restoreDefault(process, signal);
	// At once: an answer that is on its way must not start the command any more.
	if (process.pid === 1) process.exit(128 + signal);
	process.kill(process.pid, signal);
	// Not reached where the signal killed us, which it does not where it is blocked.
	setTimeout(() => process.exit(128 + signal), 1000);
}

// Node ignores PIPE and XFSZ from its start; a listener that is removed again leaves the default action behind.
function restoreDefault(process: SignalledProcess, signal: number): void {
	const name = (["SIGPIPE", "SIGXFSZ"] as const).find((ignored) => constants.signals[ignored] === signal);
	if (name === undefined) return;
	const listener = () => undefined;
	process.on(name, listener);
	process.off(name, listener);
}

function isProfiled({ env, execArgv }: SignalledProcess): boolean {
	// The standalone executable has no profiler, and does not read NODE_OPTIONS.
	if (HAS_LIBC) return false;
	return /--(?:cpu-)?prof\b/.test(`${execArgv.join(" ")} ${env.NODE_OPTIONS ?? ""}`);
}

function forwardedSignals(): Map<NodeJS.Signals, number> {
	const seen = new Set(NOT_FORWARDED.map((name) => constants.signals[`SIG${name}` as NodeJS.Signals]));
	const signals = new Map<NodeJS.Signals, number>();
	for (const [name, number] of Object.entries(constants.signals)) {
		if (seen.has(number)) continue;
		seen.add(number);
		signals.set(name as NodeJS.Signals, number);
	}
	return signals;
}

function isOnForeground(): boolean {
	const state = terminalState();
	return state !== undefined && state.group === state.foreground;
}

// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: after the name, which may hold anything: state ppid pgrp session tty_nr tpgid.
function terminalState(): { group: string; foreground: string } | undefined {
	try {
		const stat = readFileSync("/proc/self/stat", "utf8");
		const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		return terminal === "0" || group === undefined || foreground === undefined
			? undefined
			: { group, foreground };
	} catch {
		return undefined;
	}
}

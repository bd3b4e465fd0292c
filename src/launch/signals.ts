/*
 * The policy of signals.
 *
 * A launcher is invisible when the command gets every signal that was meant for it, once. So every catchable signal is
 * forwarded, by its number (SIGIOT is SIGABRT under another name, and SIGPOLL is SIGIO), with these exceptions:
 *
 * - ILL TRAP ABRT BUS FPE SEGV SYS are faults of this process. A listener would return into the faulting instruction for ever.
 * - PROF belongs to the profiler of the runtime where one was asked for (--prof, --cpu-prof). CHLD tells us of our own children, PIPE and XFSZ are answers to our own writes.
 * - On the foreground of a terminal INT, QUIT and WINCH go to the whole process group: the command has them already. So it has
 *   a HUP that the kernel sends at the end of a terminal, unless this process leads the session and is the only one to get it.
 *   The standalone executable sees who has sent a signal, and forwards what does not come from the kernel (native/signals.ts).
 *   Node does not show it: on the foreground none of the three is forwarded, and so not `kill -INT` of the launcher alone either,
 *   while HUP always is, and the command may get it twice. On the background, and without a terminal, all are forwarded.
 *   One that comes while the command is being started is forwarded unless the command has already had time to get it.
 * - TSTP, TTIN, TTOU and CONT are not forwarded where there is a terminal: we stop and continue with the command (job-control.ts).
 * - Real-time signals cannot be caught under Node, and a command that dies of one looks to it as if it had exited with 0.
 *   The standalone executable forwards them as often as they come, in their order and with their values.
 *
 * Before there is a command, TERM, INT, HUP and QUIT end the launcher at once, and it dies of them as it would without a
 * listener; those that it was started to ignore, which only the standalone executable can know, do nothing then. All others
 * wait for the command, of a stop and a CONT the later one. No listener is ever removed before the command has ended, so a second TERM is forwarded as the first
 * was. The listener for USR1 also keeps Node from opening its inspector;
 * one that was opened before is closed again (inspector.ts).
 *
 * A command that is replaced by another one takes, from the moment on when it is stopped, only those that end the run (service.ts);
 * the others wait for the next one. One signal may be kept for this process, which then reads its map anew; as soon as that is
 * known it ends nothing any more.
 *
 * As PID 1 under Node a reaper may take our place and forward all of them to us (pid1.ts).
 */
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { type LeavableProcess, leave } from "./leave.ts";
import { listenByNode } from "./listeners.ts";
import type { Inheritance } from "./native/inheritance.ts";
import { HAS_LIBC } from "./native/libc.ts";
import { readStat } from "./proc.ts";

/** What signals need of a process. */
export type SignalledProcess = LeavableProcess &
	Pick<NodeJS.Process, "on" | "off" | "removeAllListeners" | "kill" | "pid" | "execArgv">;

/** A signal that has come to this process. */
export interface Arrival {
	readonly number: number;
	/** Whether the kernel itself has sent it, as it does for a terminal; `undefined` where nobody can tell. */
	readonly isFromKernel?: boolean | undefined;
	/** What sigqueue(3) has sent with it. */
	readonly value?: bigint | undefined;
}

/** Begins to receive signals. */
export type Listen = (numbers: ReadonlySet<number>, receive: (arrival: Arrival) => void) => SignalSource;

/** Where the signals of this process come from. */
export interface SignalSource {
	/** Receives what has come until now. */
	drain(): void;
	/** Makes signals arrive in the order in which they were sent from now on, where this build can. */
	putInOrder(): void;
	/** Lets a signal act as if nobody had listened. */
	release(number: number): void;
}

/** What receives the signals: the command. */
export interface Receiver {
	/** `undefined` while there is none. */
	readonly pid: number | undefined;
	kill(signal: number, value?: bigint): unknown;
	/** Whether it takes a signal that has come; what it does not take waits for the next one that is attached. */
	takes?(signal: number): boolean;
}

export interface Signals {
	/** Whether this process has a terminal, in whose foreground it may be or not. */
	readonly hasTerminal: boolean;
	/** Resolves when every signal that has come until now was received: one that comes during synchronous work has to wait. */
	settle(): Promise<void>;
	/** To be called before the command is started: from now on signals arrive in their order. */
	putInOrder(): void;
	/** Has something done, which must not wait, before a signal ends this process; what it answers takes that back. */
	beforeEnd(action: () => void): () => void;
	/** From now on signals go to the command; those that waited go there first. */
	attach(command: Receiver): void;
	/** From now on a signal that is to be kept does not end this process: it waits for that. */
	reserve(signal: number): void;
	/** From now on a signal has something done in this process, and is not forwarded any more; one that waits for the command counts. */
	keep(signal: number, act: () => void): void;
	/** Lets a signal end this process again. */
	release(signal: number): void;
	/** Lets all signals act as if nobody had listened, those that waited for a command as well. */
	surrender(): void;
}

const NOT_FORWARDED = "KILL STOP ILL TRAP ABRT IOT BUS FPE SEGV SYS CHLD PIPE XFSZ".split(" ");
/** Those that are to end a process. */
export const ENDING: ReadonlySet<number> = new Set([
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
const { SIGCONT, SIGHUP } = constants.signals;
const FIRST_REAL_TIME = 34;
const LAST_REAL_TIME = 64;
const STOPPING = new Set([constants.signals.SIGTSTP, constants.signals.SIGTTIN, constants.signals.SIGTTOU]);
const JOB_CONTROL = new Set([SIGCONT, ...STOPPING]);

/** Takes over the signals of this process until `release`. To be called before anything else of a run. */
export function captureSignals(process: SignalledProcess, inheritance?: Inheritance): Signals {
	const waiting: Arrival[] = [];
	const ignored = new Set(inheritance?.dispositions.ignored);
	const terminal = terminalState();
	const hasTerminal = terminal !== undefined;
	const numbers = forwardedSignals({ hasTerminal, isProfiled: isProfiled(process) });
	const listen: Listen =
		inheritance?.listen ?? ((numbers, receive) => listenByNode(process, numbers, receive));
	const source = listen(numbers, receive);
	const { putInOrder, release } = source;
	let command: Receiver | undefined;
	let kept: { readonly number: number; act(): void } | undefined;
	let reserved: number | undefined;
	let isStarting = false;
	const lastActions = new Set<() => void>();

	function endBy(number: number): void {
		for (const act of lastActions) act();
		dieOf(process, number, release);
	}

	function receive(arrival: Arrival): void {
		const { isFromKernel, number, value } = arrival;
		// What a terminal sends is meant for the command, or for all of us.
		if (number === kept?.number && isFromKernel !== true) kept.act();
		else if (command?.pid === undefined && ignored.has(number)) return;
		else if (command === undefined) {
			if (ENDING.has(number) && (number !== reserved || isFromKernel === true)) endBy(number);
			else keepWaiting(arrival);
		} else if (command.takes?.(number) === false) keepWaiting(arrival);
		else if (!hasReached(command, arrival)) command.kill(number, value);
	}

	function keepWaiting(arrival: Arrival): void {
		const left = waiting.splice(0).filter(({ number }) => !isUndone(number, arrival.number));
		waiting.push(...left, arrival);
	}

	function hasReached({ pid }: Receiver, arrival: Arrival): boolean {
		// During its start it may have come too early for the command. Had that got it, it would catch it, or be dead.
		return isForGroup(arrival) && (!isStarting || isCaught(pid, arrival.number));
	}

	/** Whether a signal goes to the whole process group, and so to the command as well. */
	function isForGroup({ isFromKernel, number }: Arrival): boolean {
		if (isFromKernel === undefined) return FROM_TERMINAL.has(number) && isOnForeground();
		if (!isFromKernel || terminal === undefined) return false;
		return FROM_TERMINAL.has(number) || (number === SIGHUP && terminal.session !== String(process.pid));
	}

	async function settle(): Promise<void> {
		// Signals come with the other events, before setImmediate: those that came during this turn with the next one.
		for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
		source.drain();
	}

	return {
		hasTerminal,
		settle,
		putInOrder,
		beforeEnd(action) {
			lastActions.add(action);
			return () => lastActions.delete(action);
		},
		attach(receiver) {
			command = receiver;
			isStarting = true;
			void settle().then(() => {
				isStarting = false;
			});
			for (const arrival of waiting.splice(0))
				if (receiver.takes?.(arrival.number) === false) waiting.push(arrival);
				else receiver.kill(arrival.number, arrival.value);
		},
		reserve(number) {
			reserved = number;
		},
		keep(number, act) {
			kept = { number, act };
			for (const arrival of waiting.splice(0)) receive(arrival);
		},
		release,
		surrender() {
			for (const number of numbers) release(number);
			source.drain();
			for (const { number } of waiting.splice(0)) process.kill(process.pid, number);
		},
	};
}

/** Dies of a signal as if nobody had listened; as PID 1, where the kernel drops it, exits with 128 + N. */
export function dieOf(process: SignalledProcess, signal: number, release: Signals["release"]): void {
	release(signal);
	restoreDefault(process, signal);
	// At once: an answer that is on its way must not start the command any more.
	if (process.pid === 1) leave(process, 128 + signal);
	process.kill(process.pid, signal);
	// Not reached where the signal killed us, which it does not where it is blocked.
	setTimeout(() => leave(process, 128 + signal), 1000);
}

// Node ignores PIPE and XFSZ from its start; a listener that is removed again leaves the default action behind.
function restoreDefault(process: SignalledProcess, signal: number): void {
	const name = (["SIGPIPE", "SIGXFSZ"] as const).find((ignored) => constants.signals[ignored] === signal);
	if (name === undefined) return;
	const listener = () => undefined;
	process.on(name, listener);
	process.off(name, listener);
}

/** The numbers of what a process above us is to forward to us, and of what reaches all of us from a terminal. */
export function signalsForCommand(): { forwarded: readonly number[]; fromTerminal: readonly number[] } {
	const fromTerminal = isOnForeground() ? [...FROM_TERMINAL] : [];
	const numbers = forwardedSignals({ hasTerminal: terminalState() !== undefined, isProfiled: false });
	const forwarded = [...numbers].filter((number) => !fromTerminal.includes(number));
	return { forwarded, fromTerminal };
}

// As the kernel has it with those that are pending: https://man7.org/linux/man-pages/man7/signal.7.html
function isUndone(earlier: number, later: number): boolean {
	return (later === SIGCONT && STOPPING.has(earlier)) || (earlier === SIGCONT && STOPPING.has(later));
}

function isProfiled({ env, execArgv }: SignalledProcess): boolean {
	// The standalone executable has no profiler, and does not read NODE_OPTIONS.
	if (HAS_LIBC) return false;
	return /--(?:cpu-)?prof\b/.test(`${execArgv.join(" ")} ${env.NODE_OPTIONS ?? ""}`);
}

function forwardedSignals(options: {
	readonly hasTerminal: boolean;
	readonly isProfiled: boolean;
}): ReadonlySet<number> {
	const numbers = new Set(Object.values(constants.signals));
	if (HAS_LIBC) for (let number = FIRST_REAL_TIME; number <= LAST_REAL_TIME; number++) numbers.add(number);
	for (const name of NOT_FORWARDED) numbers.delete(constants.signals[`SIG${name}` as NodeJS.Signals]);
	if (options.isProfiled) numbers.delete(constants.signals.SIGPROF);
	if (options.hasTerminal) for (const number of JOB_CONTROL) numbers.delete(number);
	return numbers;
}

/** Whether the keys of the terminal that make signals are for this process and its command. */
export function isOnForeground(): boolean {
	const state = terminalState();
	return state !== undefined && state.group === state.foreground;
}

function isCaught(pid: number | undefined, signal: number): boolean {
	try {
		const [, caught] = /^SigCgt:\s*(\w+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
		return ((BigInt(`0x${caught}`) >> BigInt(signal - 1)) & 1n) === 1n;
	} catch {
		return false;
	}
}

function terminalState(): { group: string; session: string; foreground: string } | undefined {
	const [, , group, session, terminal, foreground] = readStat("self") ?? [];
	if (group === undefined || session === undefined || foreground === undefined) return undefined;
	return terminal === "0" ? undefined : { group, session, foreground };
}

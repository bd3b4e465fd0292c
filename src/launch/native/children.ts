import { readdirSync } from "node:fs";
import type { ChildEnd } from "../child.ts";
import { childrenOf, isProcOurs, readStat } from "../proc.ts";
import type { Libc } from "./libc.ts";

/** What tells of the end of a child. */
export type ParentProcess = Pick<NodeJS.Process, "on" | "off" | "pid">;

/** This process as the parent of commands, and of processes that have lost theirs if it is a reaper. */
export interface Parent {
	readonly process: ParentProcess;
	readonly isReaper: boolean;
}

/** Waits for the end of a child that libc has started. */
export type WaitFor = (pid: number) => Promise<ChildEnd>;

const ANY = -1;
const WNOHANG = 1;
const FOREVER_MS = 2 ** 30;

/** After this time a child of Bun's own, which has ended, is no zombie any more. */
const PAUSE_MS = 20;

/** Takes the status of children, and of orphans where they fall to this process. */
export function watchChildren({ addressOf, calls }: Libc, { isReaper, process }: Parent): WaitFor {
	const waiting = new Map<number, (end: ChildEnd) => void>();
	const status = new Int32Array(1);
	let keeper: NodeJS.Timeout | undefined;
	let orphans: ReadonlySet<number> = new Set();
	let isReaping = false;

	/** Takes the status of a child, or of any, and tells whoever waits for it; `false` where none has ended. */
	function take(child: number): boolean {
		const pid = calls.waitpid(child, addressOf(status), WNOHANG);
		if (pid === 0 || (pid < 0 && child === ANY)) return false;
		// It would be gone already if somebody else had taken its status.
		waiting.get(pid > 0 ? pid : child)?.(readStatus(status[0] as number));
		waiting.delete(pid > 0 ? pid : child);
		return true;
	}

	function look(): void {
		for (const pid of [...waiting.keys()]) take(pid);
		if (isReaper) reapSoon();
		if (waiting.size > 0) return;
		process.off("SIGCHLD", look);
		clearInterval(keeper);
	}

	function reapSoon(): void {
		if (isReaping) return;
		isReaping = true;
		setTimeout(reap, PAUSE_MS).unref();
	}

	// Bun starts programs as well, whose status it has to take itself: nobody's is what was a zombie at the last look already.
	function reap(): void {
		isReaping = false;
		const zombies = zombiesOf(process.pid);
		if (zombies === undefined) while (take(ANY));
		orphans = new Set(
			zombies?.filter((pid) => !waiting.has(pid)).filter((pid) => !(orphans.has(pid) && take(pid))),
		);
		if (orphans.size > 0) reapSoon();
	}

	return (pid) =>
		new Promise((resolve) => {
			if (waiting.size === 0) {
				// A listener alone does not keep the process.
				keeper = setInterval(() => undefined, FOREVER_MS);
				process.on("SIGCHLD", look);
			}
			waiting.set(pid, resolve);
			look();
		});
}

/** The children of a process that have ended; `undefined` where /proc does not tell. */
function zombiesOf(parent: number): readonly number[] | undefined {
	if (!isProcOurs(parent)) return undefined;
	const threads = readdirSync("/proc/self/task").map((thread) => childrenOf("self", thread));
	// A thread may have ended meanwhile.
	if (threads.every((children) => children === undefined)) return undefined;
	return threads.flatMap((children) => children ?? []).filter((pid) => readStat(pid)?.[0] === "Z");
}

// https://man7.org/linux/man-pages/man2/wait.2.html: the signal is in the lowest seven bits, the status in the next byte.
function readStatus(status: number): ChildEnd {
	const signal = status & 0x7f;
	return signal === 0 ? { exitCode: (status >> 8) & 0xff } : { signal };
}

import { constants } from "node:os";
import type { ChildEnd, Started } from "../child.ts";
import type { Command } from "../command.ts";
import { passOn } from "./descriptors.ts";
import { type Dispositions, ignoredForUs, ignoreMeanwhile, signalSet } from "./dispositions.ts";
import type { Inheritance } from "./inheritance.ts";
import type { Libc } from "./libc.ts";
import { attemptAlongPath } from "./program.ts";

/** What tells of the end of a child. */
export type ParentProcess = Pick<NodeJS.Process, "on" | "off" | "pid">;

/** This process as the parent of a command, and of processes that have lost theirs if it is a reaper. */
export interface Parent {
	readonly process: ParentProcess;
	readonly isReaper: boolean;
}

const PR_SET_CHILD_SUBREAPER = 36;

/** Makes processes ours that lose their parent anywhere below this one. */
export function adoptOrphans({ calls }: Libc): void {
	calls.prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/** Starts a command with all that we inherited, and with its environment and arguments byte for byte. */
export function startByLibc(command: Command, inheritance: Inheritance, parent: Parent): Started {
	const { descriptors, dispositions, libc } = inheritance;
	const { addressOf, calls } = libc;
	const child = new Int32Array(1);
	passOn(libc, descriptors);
	// Ignored by the command as well, SIGCHLD would take its status away from us should it end at once.
	const ignored = dispositions.ignored.filter((signal) => signal !== constants.signals.SIGCHLD);
	const attributes = createAttributes(libc, dispositions);
	const listenAgain = ignoreMeanwhile(libc, ignored);
	const code = attemptAlongPath(libc, command, ({ argv, envp, path }) =>
		calls.posix_spawn(
			addressOf(child),
			path.address,
			null,
			addressOf(attributes),
			argv.address,
			envp.address,
		),
	);
	listenAgain();
	if (code !== undefined) return { pid: undefined, kill: () => false, ended: Promise.resolve({ code }) };
	const pid = child[0] as number;
	let isEnded = false;
	const ended = waitFor(libc, parent, pid).finally(() => {
		isEnded = true;
	});
	const kill = (signal: number, value?: bigint) => {
		// Its pid may soon be that of another process.
		if (isEnded) return;
		if (value === undefined) calls.kill(pid, signal);
		else calls.sigqueue(pid, signal, value);
	};
	return { pid, kill, ended };
}

/** More than `posix_spawnattr_t` has in glibc and musl, which are 336 bytes. */
const ATTRIBUTES_BYTES = 1024;
const POSIX_SPAWN_SETSIGDEF = 4;
const POSIX_SPAWN_SETSIGMASK = 8;

/** 32 and 33, by which threads are ended and change their user. Of those that it handles itself, glibc would leave them ignored. */
const OF_THREADS = 0b11n << 31n;

function createAttributes({ addressOf, calls }: Libc, dispositions: Dispositions): Uint8Array {
	const attributes = new Uint8Array(ATTRIBUTES_BYTES);
	const address = addressOf(attributes);
	const byDefault = signalSet(OF_THREADS | ignoredForUs(dispositions));
	calls.posix_spawnattr_init(address);
	calls.posix_spawnattr_setflags(address, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	calls.posix_spawnattr_setsigdefault(address, addressOf(byDefault));
	calls.posix_spawnattr_setsigmask(address, addressOf(signalSet(dispositions.blocked)));
	return attributes;
}

const ANY = -1;
const WNOHANG = 1;
const FOREVER_MS = 2 ** 30;

function waitFor({ addressOf, calls }: Libc, { isReaper, process }: Parent, pid: number): Promise<ChildEnd> {
	return new Promise((resolve) => {
		// A listener alone does not keep the process.
		const keeper = setInterval(() => undefined, FOREVER_MS);
		const status = new Int32Array(1);
		const look = () => {
			let ended: number;
			// One SIGCHLD may stand for many children. There are no others than the command and those that have lost their parent.
			do ended = calls.waitpid(isReaper ? ANY : pid, addressOf(status), WNOHANG);
			while (ended > 0 && ended !== pid);
			if (ended === 0) return;
			process.off("SIGCHLD", look);
			clearInterval(keeper);
			resolve(readStatus(status[0] as number));
		};
		process.on("SIGCHLD", look);
		look();
	});
}

// https://man7.org/linux/man-pages/man2/wait.2.html: the signal is in the lowest seven bits, the status in the next byte.
function readStatus(status: number): ChildEnd {
	const signal = status & 0x7f;
	return signal === 0 ? { exitCode: (status >> 8) & 0xff } : { signal };
}

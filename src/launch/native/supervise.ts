import { constants } from "node:os";
import type { Start, Started } from "../child.ts";
import type { Command } from "../command.ts";
import { type Parent, type WaitFor, watchChildren } from "./children.ts";
import { passOn } from "./descriptors.ts";
import { type Dispositions, ignoredForUs, ignoreMeanwhile, signalSet } from "./dispositions.ts";
import type { Inheritance } from "./inheritance.ts";
import type { Libc } from "./libc.ts";
import { attemptAlongPath } from "./program.ts";

const PR_SET_CHILD_SUBREAPER = 36;

/** Makes processes ours that lose their parent anywhere below this one. */
export function adoptOrphans({ calls }: Libc): void {
	calls.prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/** Makes the way to start commands with all that we inherited, and with their environment and arguments byte for byte. */
export function createLibcStart(inheritance: Inheritance, parent: Parent): Start {
	const waitFor = watchChildren(inheritance.libc, parent);
	return (command, more) => {
		const descriptors = [...inheritance.descriptors, ...more];
		return startByLibc(command, { ...inheritance, descriptors }, waitFor);
	};
}

function startByLibc(command: Command, inheritance: Inheritance, waitFor: WaitFor): Started {
	const { descriptors, dispositions, libc } = inheritance;
	const { addressOf, calls } = libc;
	const child = new Int32Array(1);
	passOn(libc, descriptors);
	// Ignored by the command as well, SIGCHLD would take its status away from us should it end at once.
	const ignored = dispositions.ignored.filter((signal) => signal !== constants.signals.SIGCHLD);
	const attributes = createAttributes(libc, dispositions);
	const outputs = command.outputs === undefined ? undefined : redirectOutputs(libc, command.outputs);
	const listenAgain = ignoreMeanwhile(libc, ignored);
	const code = attemptAlongPath(libc, command, ({ argv, envp, path }) =>
		calls.posix_spawn(
			addressOf(child),
			path.address,
			outputs === undefined ? null : addressOf(outputs),
			addressOf(attributes),
			argv.address,
			envp.address,
		),
	);
	listenAgain();
	if (code !== undefined) return { pid: undefined, kill: () => false, ended: Promise.resolve({ code }) };
	const pid = child[0] as number;
	let isEnded = false;
	const ended = waitFor(pid).finally(() => {
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

/** More than `posix_spawn_file_actions_t` has, which are 80 bytes. */
const ACTIONS_BYTES = 256;

function redirectOutputs(libc: Libc, descriptors: readonly number[]): Uint8Array {
	const actions = new Uint8Array(ACTIONS_BYTES);
	const address = libc.addressOf(actions);
	const { posix_spawn_file_actions_adddup2: redirect, posix_spawn_file_actions_init: init } = libc.open({
		posix_spawn_file_actions_init: ["ptr"],
		posix_spawn_file_actions_adddup2: ["ptr", "int", "int"],
	});
	init(address);
	for (const [index, descriptor] of descriptors.entries()) redirect(address, descriptor, index + 1);
	return actions;
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

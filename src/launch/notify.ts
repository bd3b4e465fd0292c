/*
 * What a service manager hears of a run: https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
 *
 * systemd listens to the main process of a unit, and in front of a command that is us. To hand this over by MAINPID= would let
 * the command be heard, but the command is no child of systemd, which would not learn how it ends: every status would count as
 * success, and Restart=on-failure would do nothing. So we stay the main process, and the command gets a socket of ours as
 * NOTIFY_SOCKET. What it sends goes on as it is, with its descriptors and without MAINPID=; what others send there does not.
 *
 * A service that is reloading is not stopping: what a command says of its end, when another one is to take its place, does not go on.
 *
 * STOPPING=1 follows the end of the command and not a TERM, which a command may ignore: systemd would kill it some time later.
 *
 * A service manager that is busy reads nothing for a while. What it has no room for waits, in its order, and the command, when it
 * says more than our socket has room for. Signals never do, and the end for two seconds at most.
 */
import { setTimeout } from "node:timers/promises";
import { DstaError } from "../errors.ts";
import type { Ending, Start } from "./child.ts";
import { type Datagram, openDatagrams } from "./native/datagram.ts";
import type { Inheritance } from "./native/inheritance.ts";
import { HAS_LIBC } from "./native/libc.ts";
import { readMonotonic } from "./native/monotonic.ts";
import type { Own } from "./own.ts";

export interface ServiceManager {
	/** Says what is going on, in words without values. */
	status(text: string): void;
	/** Says that the command runs, or is about to take our place. */
	ready(): void;
	/** Resolves when it has heard all that was said, or has had no room for long. */
	told(): Promise<void>;
	/** Says that what runs is being changed, until `reloaded` was called as often. */
	reloading(): void;
	reloaded(): void;
	/** Makes a way of starting a command that tells of its start, and what it says itself until its end. */
	tellOf(start: Start): Start;
	/** Resolves when a command that was started so has said itself that it is ready. */
	saidReady(command: number): Promise<void>;
	/** Says how the run ends; resolves as `told`. */
	ended(ending: Ending): Promise<void>;
}

export interface Notification {
	/** Where the service manager listens: the value of NOTIFY_SOCKET. `undefined`: there is none, and the command is heard by us alone. */
	readonly address: string | undefined;
	/** The command itself says when it is ready. */
	readonly isCommandTelling: boolean;
	/** Takes the reason for which something was not told, once. */
	readonly onUntold: (reason: string) => void;
}

/** How often we look whether a service manager has room again, and how long we wait for it where nothing else is left to do. */
const PAUSE_MS = 10;
const PATIENCE_MS = 2000;

/**
 * Makes sure that this build can reach a service manager.
 * @throws {DstaError} DSTA_UNSUPPORTED it cannot
 */
export function checkNotification(): void {
	if (HAS_LIBC) return;
	throw new DstaError(
		"DSTA_UNSUPPORTED",
		"run.notify cannot be done by this build: Node has no way to write to NOTIFY_SOCKET",
		{
			cure: "Use the standalone executable; or leave run.notify out, and for a command that notifies by itself use --exec, or NotifyAccess=all in its unit.",
		},
	);
}

/** Makes the way to a service manager, in a build that can reach one. */
export function reachServiceManager(
	{ inheritance, process }: Own,
	{ address, isCommandTelling, onUntold }: Notification,
): ServiceManager {
	const { libc } = inheritance as Inheritance;
	const socket = openDatagrams(libc);
	const untold = once(onUntold);
	const readiness = new Map<number, PromiseWithResolvers<void>>();
	let reloads = 0;
	let ownAddress: string | undefined;
	let sent = Promise.resolve();

	async function send(bytes: Uint8Array, descriptors: readonly number[] = []): Promise<void> {
		if (address === undefined) return;
		let code = socket.send(address, bytes, descriptors);
		while (code === "EAGAIN") {
			await setTimeout(PAUSE_MS);
			code = socket.send(address, bytes, descriptors);
		}
		if (code !== undefined) untold(`${address} cannot be written to: ${code}`);
	}

	async function passOn({ bytes, descriptors, sender }: Datagram, command: number): Promise<void> {
		const lines = Buffer.from(bytes).toString("latin1").split("\n");
		const ownWords = reloads > 0 ? withoutLines(bytes, NOT_WHEN_RELOADING) : withoutLines(bytes, OF_OTHERS);
		if (sender !== command) untold(`the process ${sender} is not the command`);
		else {
			if (lines.includes("READY=1")) readiness.get(command)?.resolve();
			if (ownWords.length > 0) await send(ownWords, descriptors);
		}
		for (const descriptor of descriptors) socket.close(descriptor);
	}

	async function passOnAll(command: number): Promise<void> {
		for (let heard = socket.receive(); heard !== undefined; heard = socket.receive())
			await passOn(heard, command);
	}

	// After all that came before it.
	function inTurn(act: () => Promise<void>): void {
		sent = sent.then(act);
	}

	async function told(): Promise<void> {
		const isTold = await Promise.race([sent.then(() => true), setTimeout(PATIENCE_MS, false)]);
		if (!isTold) untold(`${address} has no room`);
	}

	const tell = (...lines: readonly string[]) => inTurn(() => send(Buffer.from(lines.join("\n"))));
	const ready = () => tell(...(isCommandTelling ? [] : ["READY=1"]), "STATUS=running");
	return {
		status: (text) => tell(`STATUS=${text}`),
		ready,
		told,
		reloading() {
			reloads++;
			if (reloads === 1) tell("RELOADING=1", `MONOTONIC_USEC=${readMonotonic(libc)}`, "STATUS=reloading");
		},
		reloaded() {
			reloads--;
			if (reloads === 0) tell("READY=1", "STATUS=running");
		},
		saidReady: (command) => readiness.get(command)?.promise ?? new Promise(() => undefined),
		async ended(ending) {
			tell("STOPPING=1", `STATUS=${describe(ending)}`);
			await told();
		},
		tellOf: (start) => (command, descriptors) => {
			ownAddress ??= socket.listen(process.pid);
			const ours = { NOTIFY_SOCKET: ownAddress };
			// The rules for its environment may keep the variable away from it.
			const isHeard = command.env.NOTIFY_SOCKET !== undefined || address === undefined;
			const env = isHeard ? { ...command.env, ...ours } : command.env;
			const started = start({ ...command, env }, descriptors);
			const { ended, pid } = started;
			if (pid === undefined) return started;
			if (reloads === 0) ready();
			readiness.set(pid, Promise.withResolvers());
			const listen = () => inTurn(() => passOnAll(pid));
			process.on("SIGCHLD", listen);
			listen();
			return {
				...started,
				ended: ended.finally(() => {
					process.off("SIGCHLD", listen);
					listen();
					readiness.delete(pid);
				}),
			};
		},
	};
}

function once(hear: (reason: string) => void): (reason: string) => void {
	let isHeard = false;
	return (reason) => {
		if (!isHeard) hear(reason);
		isHeard = true;
	};
}

const OF_OTHERS = /^MAINPID(?:FDID)?=/;
const NOT_WHEN_RELOADING = /^(?:MAINPID(?:FDID)?|STOPPING)=/;

function withoutLines(bytes: Uint8Array, kept: RegExp): Uint8Array {
	const lines = Buffer.from(bytes).toString("latin1").split("\n");
	const others = lines.filter((line) => !kept.test(line));
	return others.length === lines.length ? bytes : Buffer.from(others.join("\n"), "latin1");
}

function describe(ending: Ending): string {
	return "status" in ending
		? `the command ended with status ${ending.status}`
		: `the command died of signal ${ending.signal}`;
}

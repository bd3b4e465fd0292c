import { type SpawnOptions, spawn } from "node:child_process";
import { accessSync, constants as fileConstants } from "node:fs";
import { constants } from "node:os";
import { execa } from "execa";
import { handOverSockets } from "./activation.ts";
import { type Command, startFailure } from "./command.ts";
import type { CoreDumps } from "./core-dump.ts";
import type { Signals } from "./signals.ts";
import { startTooLarge } from "./size.ts";

/** How a command ended: with a status, or by a signal. */
export type Ending = { readonly status: number } | { readonly signal: number };

/** What of this process concerns its command. */
export interface Launcher {
	readonly pid: number;
	readonly signals: Signals;
	readonly coreDumps: CoreDumps;
}

/**
 * Starts a command on our own standard streams, gives it the signals, and waits for its end and for nothing else:
 * no timer, and no grandchild that still holds a stream.
 * @throws {DstaError} DSTA_COMMAND_NOT_FOUND, DSTA_NOT_EXECUTABLE · DSTA_INVALID_VALUE environment or arguments are too large ·
 * DSTA_UNSUPPORTED the sockets that a service manager gave to us cannot be handed over
 */
export async function superviseCommand(asked: Command, launcher: Launcher): Promise<Ending> {
	const { command, descriptors } = handOverSockets(asked, launcher.pid);
	const stdio: SpawnOptions["stdio"] = ["inherit", "inherit", "inherit", ...descriptors];
	const started = launcher.coreDumps.whileInherited(() => start(command, stdio));
	if (started.pid !== undefined) launcher.signals.attach(started);
	const { code, exitCode, signal } = await started.ended;
	if (started.pid === undefined) {
		if (code === "E2BIG") throw startTooLarge(asked);
		throw startFailure(command, code ?? "");
	}
	return signal === undefined
		? { status: exitCode ?? 1 }
		: { signal: constants.signals[signal as NodeJS.Signals] };
}

interface Started {
	/** `undefined`: it did not start, and `ended` tells why. */
	readonly pid: number | undefined;
	kill(signal: number): unknown;
	readonly ended: Promise<{
		/** Why it did not start. */
		readonly code?: string | undefined;
		readonly exitCode?: number | undefined;
		readonly signal?: string | undefined;
	}>;
}

/** A way to our working directory that holds where its path does not: it may have been moved or removed. */
const OWN_DIRECTORY = "/proc/self/cwd";

function start(command: Command, stdio: SpawnOptions["stdio"]): Started {
	return isEnterable(OWN_DIRECTORY) ? startByExeca(command, stdio) : startInPlace(command, stdio);
}

function startByExeca({ args, env, file }: Command, stdio: SpawnOptions["stdio"]): Started {
	// No cleanup, no kill timer, no shell, no environment but this: the command is to be as it would be without us.
	const command = execa(file, args, {
		cwd: OWN_DIRECTORY,
		env: { ...env },
		extendEnv: false,
		stdio: stdio as "inherit",
		reject: false,
		buffer: false,
		cleanup: false,
		forceKillAfterDelay: false,
		preferLocal: false,
	});
	// With inherited streams there is nothing to wait for but the exit of the command itself.
	return { pid: command.pid, kill: (signal) => command.kill(signal), ended: command };
}

// execa always changes the directory. To stay in one that this user may not enter, as after `sudo -u`, takes to leave it alone.
function startInPlace({ args, env, file }: Command, stdio: SpawnOptions["stdio"]): Started {
	try {
		const command = spawn(file, args, { env: { ...env }, stdio: stdio ?? "inherit" });
		return {
			pid: command.pid,
			kill: (signal) => command.kill(signal),
			ended: new Promise((resolve) => {
				command.once("error", ({ code }: NodeJS.ErrnoException) => resolve({ code }));
				command.once("exit", (exitCode, signal) =>
					resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined }),
				);
			}),
		};
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		return { pid: undefined, kill: () => false, ended: Promise.resolve({ code }) };
	}
}

function isEnterable(folder: string): boolean {
	try {
		accessSync(folder, fileConstants.X_OK);
		return true;
	} catch {
		return false;
	}
}

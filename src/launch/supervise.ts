import { type SpawnOptions, spawn } from "node:child_process";
import { accessSync, constants as fileConstants } from "node:fs";
import { constants } from "node:os";
import { execa } from "execa";
import type { Started } from "./child.ts";
import type { Command } from "./command.ts";

/** A way to our working directory that holds where its path does not: it may have been moved or removed. */
const OWN_DIRECTORY = "/proc/self/cwd";

/** Starts a command on our own standard streams, or on its own outputs, and with the descriptors from 3 on that it is to inherit as well. */
export function startByNode(command: Command, descriptors: readonly number[]): Started {
	const stdio: SpawnOptions["stdio"] = [
		"inherit",
		...(command.outputs ?? (["inherit", "inherit"] as const)),
		...descriptors,
	];
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
	return {
		pid: command.pid,
		kill: (signal) => command.kill(signal),
		ended: command.then(({ code, exitCode, signal }) => ({ code, exitCode, signal: numberOf(signal) })),
	};
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
					resolve({ exitCode: exitCode ?? undefined, signal: numberOf(signal ?? undefined) }),
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

function numberOf(signal: string | undefined): number | undefined {
	return signal === undefined ? undefined : constants.signals[signal as NodeJS.Signals];
}

import { constants } from "node:os";
import { execa } from "execa";
import { startFailure } from "./command.ts";
import { environmentTooLarge } from "./environment.ts";
import type { Signals } from "./signals.ts";

export interface Command {
	readonly file: string;
	readonly args: readonly string[];
	readonly env: Readonly<Record<string, string>>;
	readonly cwd: string;
}

/** How a command ended: with a status, or by a signal. */
export type Ending = { readonly status: number } | { readonly signal: number };

/**
 * Starts a command on our own standard streams, gives it the signals, and waits for its end and for nothing else:
 * no timer, and no grandchild that still holds a stream.
 * @throws {DstaError} DSTA_COMMAND_NOT_FOUND, DSTA_NOT_EXECUTABLE · DSTA_INVALID_VALUE the environment is too large
 */
export async function superviseCommand({ args, cwd, env, file }: Command, signals: Signals): Promise<Ending> {
	// No cleanup, no kill timer, no shell, no environment but this: the command is to be as it would be without us.
	const command = execa(file, args, {
		env: { ...env },
		extendEnv: false,
		stdio: "inherit",
		reject: false,
		buffer: false,
		cleanup: false,
		forceKillAfterDelay: false,
		preferLocal: false,
	});
	if (command.pid !== undefined) signals.attach({ kill: (signal) => command.kill(signal) });
	// With inherited streams there is nothing to wait for but the exit of the command itself.
	const { code, exitCode, signal } = await command;
	if (command.pid === undefined) {
		if (code === "E2BIG") throw environmentTooLarge(env);
		throw startFailure({ file, path: env.PATH, cwd }, code ?? "");
	}
	return signal === undefined
		? { status: exitCode ?? 1 }
		: { signal: constants.signals[signal as NodeJS.Signals] };
}

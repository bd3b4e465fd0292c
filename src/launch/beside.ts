import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { constants } from "node:os";
import { withErrorDescriptor } from "../error-descriptor.ts";
import type { ChildEnd } from "./child.ts";
import type { Command } from "./command.ts";
import { killGroup } from "./kill.ts";
import { setMask, signalSet } from "./native/dispositions.ts";
import type { Own } from "./own.ts";

export interface BesideOptions {
	readonly own: Own;
	readonly env: Command["env"];
	/** Where goes what it writes; standard output is the command's. */
	readonly output: "standard error" | "nowhere";
	/** Kills it, with what it has started. */
	readonly signal: AbortSignal;
}

/** Runs a short command beside the one that runs, without input, and tells how it ended. */
export function runBeside(
	[file, ...args]: readonly [string, ...string[]],
	{ env, output, own, signal }: BesideOptions,
): Promise<ChildEnd> {
	const startWith = (stream: "ignore" | number) =>
		startInGroup(file, args, { env, stdio: ["ignore", stream, stream] });
	const start = () => (output === "nowhere" ? startWith("ignore") : withErrorDescriptor(startWith));
	return new Promise((resolve) => {
		if (signal.aborted) return resolve({ signal: constants.signals.SIGKILL });
		try {
			const child = own.coreDumps.whileInherited(() => unblocked(own, start));
			const kill = () => {
				if (child.pid !== undefined) killGroup(own.process, child.pid);
			};
			const end = (end: ChildEnd) => {
				signal.removeEventListener("abort", kill);
				resolve(end);
			};
			signal.addEventListener("abort", kill);
			child.once("error", ({ code }: NodeJS.ErrnoException) => end({ code }));
			child.once("exit", (exitCode, name) =>
				end(name === null ? { exitCode: exitCode ?? 1 } : { signal: constants.signals[name] }),
			);
		} catch (error) {
			resolve({ code: (error as NodeJS.ErrnoException).code ?? "" });
		}
	});
}

interface GroupOptions {
	readonly env: Command["env"];
	readonly stdio: StdioOptions;
}

function startInGroup(file: string, args: readonly string[], { env, stdio }: GroupOptions): ChildProcess {
	return spawn(file, args, { env: { ...env }, stdio, detached: true });
}

/** Lets what is started inherit no signals that are blocked for this process alone. */
function unblocked<Result>({ inheritance }: Own, start: () => Result): Result {
	if (inheritance === undefined) return start();
	const undo = setMask(inheritance.libc, signalSet(inheritance.dispositions.blocked));
	try {
		return start();
	} finally {
		undo();
	}
}

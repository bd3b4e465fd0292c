import { readlinkSync } from "node:fs";
import { DstaError } from "../errors.ts";
import { activatedDescriptors } from "./activation.ts";
import type { Command } from "./command.ts";
import type { Launch, Own } from "./launch.ts";
import { findProgram, type Program } from "./program.ts";
import { replaceByCommand, type Wrap } from "./replace.ts";
import { shellArguments } from "./shell-reaper.ts";
import { isOnForeground } from "./signals.ts";

const SHELL = "/bin/sh";

/** A program that starts a command, forwards signals to it, waits for every orphan, and ends with its status or 128 + N. */
interface Reaper {
	/** As which it is looked for along PATH. */
	readonly name: string;
	isFit(process: NodeJS.Process): boolean;
	argumentsFor(command: Program, process: NodeJS.Process): readonly string[];
}

/** In the order in which they are looked for. */
const REAPERS: readonly Reaper[] = [
	{ name: "tini", isFit: () => true, argumentsFor: ({ argv }) => ["--", ...argv] },
	{
		name: "dumb-init",
		// With the option it would double Ctrl-C; without it the whole group of the command gets what is for the command alone.
		isFit: () => !isOnForeground(),
		argumentsFor: ({ argv }) => ["--single-child", "--", ...argv],
	},
	{ name: "catatonit", isFit: () => true, argumentsFor: ({ argv }) => ["--", ...argv] },
	{ name: SHELL, isFit: isProcOurs, argumentsFor: shellArguments },
];

export interface Staying {
	/** Whether what the map asks for needs this process. */
	readonly isStaying: boolean;
	/** Loads the way in which this process stays in front of a command. */
	loadStaying(): Promise<Launch>;
}

/**
 * How Node runs a command as PID 1, to which every orphan falls. It can wait for its own children alone, so that a reaper takes its
 * place and starts the command. Where none can, it stays, and a warning says so.
 */
export function launchBelowReaper(own: Own, { isStaying, loadStaying }: Staying): Launch {
	const { process, warn } = own;
	return async (command) => {
		const reason = isStaying
			? "what the map says under run: needs it to stay"
			: reasonToStay(command, process);
		const wrap = reason === undefined ? findWrap(process) : undefined;
		if (wrap !== undefined) return replaceByCommand(command, own, wrap);
		warn(`as PID 1 dsta-run does not reap orphans, which stay zombies: ${reason ?? NO_REAPER}`, {
			cure: "Use docker run --init, the standalone executable, or --exec with a command that reaps them.",
		});
		return (await loadStaying())(command);
	};
}

const NO_REAPER = `there is no tini, dumb-init or catatonit on PATH, and no ${SHELL} with a /proc of this namespace`;

function reasonToStay({ env, files }: Command, { pid }: NodeJS.Process): string | undefined {
	if (activatedDescriptors(env, pid).length > 0)
		return "Node cannot hand the sockets of LISTEN_FDS to a program that reaps them";
	return files === undefined ? undefined : "it has to remove the files of secrets at the end";
}

function findWrap(process: NodeJS.Process): Wrap | undefined {
	for (const { argumentsFor, isFit, name } of REAPERS) {
		const reaper = isFit(process) ? find(name, process) : undefined;
		if (reaper !== undefined)
			return (command) => ({ ...reaper, argv: [...reaper.argv, ...argumentsFor(command, process)] });
	}
	return undefined;
}

function find(file: string, { arch, env }: NodeJS.Process): Program | undefined {
	try {
		return findProgram({ file, args: [], env: env as Command["env"] }, arch);
	} catch (error) {
		if (error instanceof DstaError) return undefined;
		throw error;
	}
}

// It may be the one that was mounted for another PID namespace.
function isProcOurs({ pid }: NodeJS.Process): boolean {
	try {
		return readlinkSync("/proc/self") === String(pid);
	} catch {
		return false;
	}
}

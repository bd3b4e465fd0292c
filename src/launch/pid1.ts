/*
 * To PID 1 every orphan falls, and Node can wait for its own children alone. So something else has to:
 *
 * - tini as a subreaper between us and the command, to which orphans fall before they would fall to us;
 * - where there is none, another program that takes our place and starts us again below it. That is done before anybody is asked for
 *   a secret, and before a signal could be lost that we would have heard.
 */
import { constants } from "node:os";
import { DstaError } from "../errors.ts";
import { activatedDescriptors } from "./activation.ts";
import type { Start, Started } from "./child.ts";
import type { Command } from "./command.ts";
import type { Variables } from "./environment.ts";
import { completeInherited } from "./inherited.ts";
import type { Own, Warn } from "./own.ts";
import { childrenOf, isProcOurs } from "./proc.ts";
import { findProgram, type Program } from "./program.ts";
import { replaceByCommand } from "./replace.ts";
import { shellArguments } from "./shell-reaper.ts";

const SUBREAPER = "tini";
const SHELL = "/bin/sh";

/** Programs that start another one, forward signals to it, wait for every orphan, and end with its status or 128 + N. */
const REAPERS: readonly { readonly name: string; argumentsFor(): readonly string[] }[] = [
	{ name: "dumb-init", argumentsFor: () => ["--single-child", "--"] },
	{ name: "catatonit", argumentsFor: () => ["--"] },
	{ name: SHELL, argumentsFor: shellArguments },
];

/** Starts this program again below a reaper, where that takes one above it. A warning says where there is none at all. */
export async function startBelowReaper(
	own: Own,
	{ env, warn }: { readonly env: Variables; readonly warn: Warn },
): Promise<void> {
	const { process } = own;
	if (find(SUBREAPER, process) !== undefined) return;
	const hasSockets = activatedDescriptors(env as Command["env"], process.pid).length > 0;
	const reaper = hasSockets
		? undefined
		: REAPERS.find(
				({ name }) => find(name, process) !== undefined && (name !== SHELL || isProcOurs(process.pid)),
			);
	if (reaper !== undefined) {
		const words = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
		const args = [...reaper.argumentsFor(), ...words];
		await replaceByCommand({ file: reaper.name, args, env: completeInherited(env) as Command["env"] }, own);
	}
	const reason = hasSockets
		? "there is no tini on PATH, and Node can hand the sockets of LISTEN_FDS to nothing else"
		: `there is no tini, dumb-init or catatonit on PATH, and no ${SHELL} with a /proc of this namespace`;
	warn(
		`as PID 1 dsta-run does not reap orphans, which stay zombies: ${reason}`,
		"Use docker run --init, the standalone executable, or --exec with a command that reaps them.",
	);
}

/** Makes a way to start a command into one below a subreaper, where there is one. */
export function withSubreaper(start: Start, process: NodeJS.Process): Start {
	const subreaper = find(SUBREAPER, process);
	if (subreaper === undefined) return start;
	return (command, descriptors) => {
		// Found out here, since the subreaper would say in its own words why it could not start it.
		findProgram(command, process.arch);
		const args = ["-s", "--", command.file, ...command.args];
		const started = start({ ...command, file: subreaper.file, args }, descriptors);
		return { ...started, kill: (signal) => killBelow(started, signal, process) };
	};
}

// It forwards all signals but the one that would end it alone, and ends as the command does.
function killBelow({ kill, pid = 0 }: Started, signal: number, process: Subreaping): void {
	const isAlone = signal === constants.signals.SIGKILL && isProcOurs(process.pid);
	const children = isAlone ? (childrenOf(pid) ?? []) : [];
	if (children.length === 0) kill(signal);
	for (const child of children) {
		try {
			process.kill(child, signal);
		} catch {
			// It has ended meanwhile.
		}
	}
}

type Subreaping = Pick<NodeJS.Process, "kill" | "pid">;

function find(file: string, { arch, env }: NodeJS.Process): Program | undefined {
	try {
		return findProgram({ file, args: [], env: env as Command["env"] }, arch);
	} catch (error) {
		if (error instanceof DstaError) return undefined;
		throw error;
	}
}

import type { CommandResult, Host } from "../../src/cli/host.ts";
import { type CommandLine, parseCommandLine } from "../../src/cli/options.ts";
import { reportProblem } from "../../src/cli/report.ts";
import { DstaError } from "../../src/errors.ts";
import { createLog } from "../../src/observe/log.ts";

export interface Ended {
	readonly status: number;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs a subcommand in this process, as main does, where no terminal is. */
export async function runHere(
	command: (commandLine: CommandLine, host: Host) => Promise<CommandResult>,
	args: readonly string[],
	{ cwd, env = {} }: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<Ended> {
	let stderr = "";
	const write = (output: string | Uint8Array) => {
		stderr += String(output);
	};
	const log = createLog({ level: "warn", format: "text", write });
	const terminal = { isTTY: () => false, write, stopWaiting: () => undefined, flush: async () => undefined };
	const { arch, pid, platform, versions } = globalThis.process;
	const streams = { stdin: { isTTY: false }, stdout: { isTTY: false } };
	const process = { ...streams, arch, pid, platform, versions } as unknown as NodeJS.Process;
	try {
		const commandLine = await parseCommandLine(args, {});
		const { output = "", status } = await command(commandLine, {
			process,
			cwd,
			env,
			home: cwd,
			log,
			terminal,
		});
		return { status, stdout: output, stderr };
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		reportProblem(log, { error, names: [] });
		return { status: error.exitStatus, stdout: "", stderr };
	}
}

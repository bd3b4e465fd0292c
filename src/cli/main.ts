import { DstaError } from "../errors.ts";
import { readInput } from "../launch/inherited.ts";
import { leave } from "../launch/leave.ts";
import { HAS_LIBC } from "../launch/native/libc.ts";
import { TIED } from "../launch/tie.ts";
import { createLog } from "../observe/log.ts";
import { isErrorOutputColored, isErrorTerminal } from "./color.ts";
import { replaceErrorStream } from "./error-stream.ts";
import type { CommandResult, Host } from "./host.ts";
import { type CommandLine, parseCommandLine } from "./options.ts";
import { createErrorOutput, writeOut } from "./output.ts";
import { reportBug, reportProblem } from "./report.ts";
import type { CommandName } from "./usage.ts";

/** The subcommands; the code of each is loaded when it is called. */
const COMMANDS: Readonly<Record<CommandName, () => Promise<Command>>> = {
	run: async () => (await import("./commands/run.ts")).run,
	check: async () => (await import("./commands/check.ts")).check,
	explain: async () => (await import("./commands/explain.ts")).explain,
	get: async () => (await import("./commands/get.ts")).get,
	put: async () => (await import("./commands/put.ts")).put,
	list: async () => (await import("./commands/list.ts")).list,
	rotate: async () => (await import("./commands/rotate.ts")).rotate,
	health: async () => (await import("./commands/health.ts")).health,
	doctor: async () => (await import("./commands/doctor.ts")).doctor,
	init: async () => (await import("./commands/init.ts")).init,
	migrate: async () => (await import("./commands/migrate.ts")).migrate,
	policy: async () => (await import("./commands/policy.ts")).policy,
	audit: async () => (await import("./commands/audit.ts")).audit,
	export: async () => (await import("./commands/export.ts")).exportVariables,
	types: async () => (await import("./commands/declarations.ts")).types,
	schema: async () => (await import("./commands/schema.ts")).schema,
	completion: async () => (await import("./commands/completion.ts")).completion,
	redact: async () => (await import("./commands/redact.ts")).redact,
	install: async () => (await import("./commands/install.ts")).install,
	help: async () => (await import("./commands/help.ts")).help,
	version: async () => (await import("./commands/version.ts")).version,
};

/** `undefined`: the process has ended as its command did, or is about to. */
type Command = (commandLine: CommandLine, host: Host) => Promise<CommandResult | undefined>;

/** Runs the program in a process: reads its arguments, prints, and is the one place that ends it. */
export async function main(process: NodeJS.Process): Promise<void> {
	const errorOutput = createErrorOutput();
	if (!HAS_LIBC) replaceErrorStream(process, errorOutput);
	silenceDebugOutput(process);
	// Until the command line is read, which may be wrong.
	const firstFormat = process.env.DSTA_LOG_FORMAT === "json" ? "json" : "text";
	const output = {
		write: errorOutput.write,
		isColored: () => isErrorOutputColored(process),
	};
	let log = createLog({ level: "warn", format: firstFormat, ...output });
	try {
		refuseOldNode(process);
		const { args, env } = readInput(process);
		if (args.length === 0) return await showUsage(process);
		if (HAS_LIBC && args[0] === TIED) {
			const { becomeTied } = await import("../launch/native/tied.ts");
			becomeTied(args.slice(1), env, process);
		}
		const commandLine = parseCommandLine(args, env);
		const { logFormat: format, logLevel: level } = commandLine.options;
		log = createLog({ level, format, ...output });
		const terminal = { ...errorOutput, isTTY: () => isErrorTerminal(process) };
		const result = await runCommand(commandLine, { process, env, log, terminal });
		if (result !== undefined) end(process, result);
	} catch (error) {
		if (error instanceof DstaError) reportProblem(log, { error, names: [] });
		else reportBug(log, error);
		await errorOutput.flush();
		end(process, { status: error instanceof DstaError ? error.exitStatus : 70 });
	}
}

async function runCommand(
	commandLine: CommandLine,
	given: Pick<Host, "process" | "env" | "log" | "terminal">,
): Promise<CommandResult | undefined> {
	const command = await COMMANDS[commandLine.name]();
	return command(commandLine, { ...given, cwd: workingDirectory(given.process), home: given.env.HOME });
}

// Before anything that an older one lacks; nothing above runs such code while it loads.
function refuseOldNode({ execPath, versions: { node } }: NodeJS.Process): void {
	const [major, minor] = node.split(".").map(Number) as [number, number];
	if (major > 22 || (major === 22 && minor >= 15)) return;
	throw new DstaError(
		"DSTA_UNSUPPORTED",
		`Node ${node} (${execPath}) is too old: dsta-run needs 22.15 or newer`,
		{
			cure: "Install a newer one (https://nodejs.org/en/download, or npm install --global node@24), and see that it comes first in PATH.",
		},
	);
}

// NODE_DEBUG makes Node print the headers of requests, with their tokens, and the environment of children, with the secrets.
// The command still gets the variable.
function silenceDebugOutput(process: NodeJS.Process): void {
	if (!process.env.NODE_DEBUG) return;
	// Node has read it by now, and prints through process.stderr, which our own messages do not use. Bun has not, and to touch that
	// opens standard error, and makes it non-blocking.
	if (HAS_LIBC) delete process.env.NODE_DEBUG;
	else process.stderr.write = () => true;
}

// The directory may have been removed, which is no reason not to run.
function workingDirectory(process: NodeJS.Process): string {
	try {
		return process.cwd();
	} catch {
		return ".";
	}
}

async function showUsage(process: NodeJS.Process): Promise<void> {
	const { programHelp } = await import("./commands/help.ts");
	writeOut(2, programHelp());
	end(process, { status: 64 });
}

// At once and not by exitCode: a client that still waits for a dead server must not hold us.
function end(process: NodeJS.Process, { output, status }: CommandResult): void {
	if (output !== undefined) writeOut(1, output);
	leave(process, status);
}

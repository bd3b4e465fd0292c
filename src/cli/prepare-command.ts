import type { Command } from "../launch/command.ts";
import type { CommandFiles } from "../launch/files.ts";
import { completeInherited, findDamaged } from "../launch/inherited.ts";
import type { Warn } from "../launch/own.ts";
import { commandEnvironment } from "../resolve/command-environment.ts";
import { collect, type Outcome } from "../resolve/resolve.ts";
import { hasFiles } from "./feasibility.ts";
import type { Host } from "./host.ts";
import type { CommandLine } from "./options.ts";
import type { Session } from "./session.ts";

/** What a command is made for. */
export interface Preparation {
	readonly commandLine: CommandLine;
	readonly host: Host;
	readonly warn: Warn;
}

/**
 * Makes the command of a run with what was resolved, and prepares its files.
 * @throws {DstaError} DSTA_CONFIG there is no place for the files · DSTA_UNSUPPORTED the system gives no memory files
 */
export async function prepareCommand(
	session: Session,
	outcomes: readonly Outcome[],
	preparation: Preparation,
): Promise<Command> {
	const { commandLine, host, warn } = preparation;
	const files = hasFiles(session.map)
		? await (await import("./secret-files.ts")).prepareFiles(outcomes, host, warn)
		: undefined;
	const env = await environmentOf(session, outcomes, { ...preparation, files });
	const [file, ...args] = commandLine.command as [string, ...string[]];
	const command = { file, args, env, files };
	warnOfDamage(warn, findDamaged(command));
	return command;
}

/** The environment of a command that finds its files where they are. */
export async function environmentOf(
	{ envFile, map }: Session,
	outcomes: readonly Outcome[],
	{ commandLine, files, host }: Omit<Preparation, "warn"> & { readonly files: CommandFiles | undefined },
): Promise<Command["env"]> {
	const secrets = new Map([...collect(outcomes).values, ...(files?.variables ?? [])]);
	const inherited = completeInherited(host.env);
	return commandEnvironment(map, { envFile, inherited, secrets, choice: commandLine.options });
}

function warnOfDamage(warn: Warn, damaged: readonly string[]): void {
	if (damaged.length === 0) return;
	warn(
		`the command does not get all bytes of ${damaged.join(", ")}: Node reads them as UTF-8`,
		"Encode them as UTF-8, or keep such variables away with --strip NAME.",
	);
}

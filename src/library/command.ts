import { constants } from "node:os";
import { startFailure } from "../launch/command.ts";
import { checkEnvironment } from "../launch/environment.ts";
import type { SecretMap } from "../map/secret-map.ts";
import { commandEnvironment } from "../resolve/command-environment.ts";
import { leaseNewsWords } from "../resolve/lease-words.ts";
import { type ResolvedMap, type ResolveMapOptions, withResolved } from "./secret-map.ts";
import { surroundings } from "./surroundings.ts";

/** How a command is run with the secrets of a map. */
export interface RunCommandOptions extends ResolveMapOptions {
	/** The map, as `loadSecretMap` gives it. */
	readonly map: SecretMap;
	/** Ends the resolution, or a command that runs. */
	readonly signal?: AbortSignal;
	/** What the command gets when `signal` aborts; SIGTERM by default. */
	readonly stopSignal?: NodeJS.Signals;
}

/** How a command ended. */
export interface CommandEnd {
	/** Its status; `undefined` where a signal killed it. */
	readonly exitCode: number | undefined;
	/** The signal that killed it. */
	readonly signal: NodeJS.Signals | undefined;
}

/**
 * Runs a command with the secrets of a map in its environment, by the rules of `dsta-run --`: on the streams and in the
 * directory of this process, without a shell, with nothing of what a login to Vault needs; what was lent is renewed until the
 * command has ended. Of this process nothing changes: its own signals stay its own, and `signal` is how it passes one on. An audit
 * log hears nothing of it.
 * @throws {DstaError} as `resolveSecretMap` · DSTA_INVALID_VALUE a value cannot be a variable · DSTA_COMMAND_NOT_FOUND or
 * DSTA_NOT_EXECUTABLE the command does not start · the signal's own reason when it aborts before that
 */
export async function runCommand(
	words: readonly [string, ...string[]],
	options: RunCommandOptions,
): Promise<CommandEnd> {
	const [file, ...args] = words;
	const { map, stopSignal = "SIGTERM", ...resolving } = options;
	return withResolved(map, resolving, async (resolved) => {
		const env = await environmentOf(map, resolved, options.env ?? surroundings().env);
		const { startByNode } = await import("../launch/supervise.ts");
		await resolved.backends.keepAlive((news) => resolved.warn(`${leaseNewsWords(news)}. ${news.cure}`));
		options.signal?.throwIfAborted();
		const command = { file, args, env };
		const started = startByNode(command, []);
		const stop = () => started.kill(constants.signals[stopSignal]);
		options.signal?.addEventListener("abort", stop, { once: true });
		const { code, exitCode, signal } = await started.ended;
		options.signal?.removeEventListener("abort", stop);
		if (started.pid === undefined) throw startFailure(command, code ?? "");
		return { exitCode: signal === undefined ? exitCode : undefined, signal: nameOf(signal) };
	});
}

async function environmentOf(
	map: SecretMap,
	{ envFile, values }: ResolvedMap,
	inherited: NonNullable<ResolveMapOptions["env"]>,
): Promise<Record<string, string>> {
	const [unfit] = checkEnvironment(values, inherited).values();
	if (unfit !== undefined) throw unfit;
	return commandEnvironment(map, { envFile, inherited, secrets: values });
}

function nameOf(signal: number | undefined): NodeJS.Signals | undefined {
	const names = Object.keys(constants.signals) as NodeJS.Signals[];
	return names.find((name) => constants.signals[name] === signal);
}

import type { Own } from "../../launch/own.ts";
import type { Service } from "../../launch/service.ts";
import type { ChangeReaction } from "../../map/secret-map.ts";
import { environmentOf, type Preparation } from "../prepare-command.ts";
import { fileRequests } from "../secret-files.ts";
import type { Complaints } from "./complaints.ts";
import { runHook } from "./hook.ts";
import type { Running } from "./running.ts";

/** A change that a command takes while it runs. */
export interface Telling extends Running {
	/** The variables whose values have changed. */
	readonly names: readonly string[];
}

export interface TellingContext {
	readonly own: Own;
	readonly preparation: Preparation;
	readonly service: Service;
	readonly complaints: Complaints;
	/** Is aborted when the run is over, which ends hooks. */
	readonly signal: AbortSignal;
}

/**
 * Tells a command that runs of a change, unless all of it is to be ignored: writes its files anew, sends it signals, and runs hooks,
 * one after the other. Answers the variables that it keeps as they were.
 * @throws {DstaError} DSTA_OUTPUT the files cannot be written; then nobody is told
 */
export async function tellRunning(
	reactions: readonly ChangeReaction[],
	{ command: { files }, names, outcomes, session }: Telling,
	{ complaints, own, preparation, service, signal }: TellingContext,
): Promise<readonly string[]> {
	if (reactions.every(({ kind }) => kind === "ignore")) return names;
	const requests = fileRequests(outcomes);
	const untouched = files?.rewrite(requests) ?? requests;
	const written = requests.filter((request) => !untouched.includes(request));
	const inFiles = new Set(written.flatMap(({ variables }) => variables));
	const kept = names.filter((name) => !inFiles.has(name));
	complaints.tellStale(kept);
	const env = await environmentOf(session, outcomes, { ...preparation, files });
	for (const reaction of reactions) {
		if (signal.aborted) break;
		if (reaction.kind === "signal") service.signal(reaction.signal);
		if (reaction.kind !== "exec") continue;
		const hookEnv = { ...env, DSTA_CHANGED: names.join(" ") };
		const failure = await runHook(reaction.command, { env: hookEnv, own, signal });
		if (failure !== undefined) complaints.tellHook(reaction.command[0], failure);
	}
	return kept;
}

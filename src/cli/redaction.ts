import { encodeText } from "../launch/native/bytes.ts";
import { type Outputs, openOutputs } from "../launch/outputs.ts";
import type { Own, Warn } from "../launch/own.ts";
import type { Log } from "../observe/log.ts";
import { createRedactor, type Redactor } from "../observe/redact.ts";
import type { Outcome, Resolution } from "../resolve/resolve.ts";
import type { Filling } from "../resolve/templates.ts";
import { listNames } from "./report.ts";

/** What replaces secrets in what a command writes. */
export interface Redaction {
	readonly outputs: Outputs;
	/** Replaces the secrets of outcomes as well, from now on and in a command that runs already. */
	learn(outcomes: readonly (Resolution | Filling)[]): void;
}

/**
 * Gets ready to replace secrets in what a command writes, before anybody is asked for one.
 * @throws {DstaError} DSTA_UNSUPPORTED standard output or error is a terminal · there is nothing to make a pipe with
 */
export function openRedaction(own: Own, log: Log, warn: Warn): Redaction {
	const redactor = createRedactor();
	return {
		outputs: openOutputs(own, redactor.open, warn),
		learn: (outcomes) => learnSecrets(redactor, outcomes, log),
	};
}

/** Adds the secrets of outcomes, those of files and those that went into a template among them. */
export function learnSecrets(
	redactor: Redactor,
	outcomes: readonly (Resolution | Filling)[],
	log: Log,
): void {
	const all: readonly Outcome[] = outcomes.flatMap((one) => ("sources" in one ? [one, ...one.sources] : one));
	const secrets = all.flatMap(({ values }) =>
		[...values].map(([name, text]) => ({ name, value: encodeText(text) })),
	);
	const short = new Set(redactor.learn(secrets));
	if (short.size > 0)
		log("debug", `not replaced, since they have fewer than four characters: ${listNames([...short])}`, {
			event: "redact.warning",
			names: [...short],
		});
}

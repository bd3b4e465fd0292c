import type { WritableBackend } from "../../backends/backend.ts";
import { isAsWritten } from "../../backends/overwrite.ts";
import { DstaError } from "../../errors.ts";
import { type Plan, requestFor, type Step } from "./plan.ts";

export interface Outcome {
	/** The steps whose value was read back from its place. */
	readonly verified: ReadonlySet<Step>;
	/** Those that were written, whatever was read back. */
	readonly written: readonly Step[];
	/** Why the others are not among them, but for those that were not to be written. */
	readonly errors: readonly DstaError[];
}

export interface CarryOutOptions {
	readonly force: boolean;
	/** Makes the deadline of a request. */
	readonly deadline: () => AbortSignal;
}

/** Whether a step has something to write. */
export function isToWrite({ action }: Step): boolean {
	return action !== "same" && action !== "differs";
}

/**
 * Writes what is to be written, all fields of a secret at once, and reads it back. What was written stays if another write
 * fails; a backend that cannot be reached any more is not asked again.
 */
export async function carryOut(
	{ steps }: Plan,
	backend: WritableBackend,
	{ deadline, force }: CarryOutOptions,
): Promise<Outcome> {
	const errors: DstaError[] = [];
	const written = new Set(steps.filter(({ action }) => action === "same"));
	for (const [secret, group] of Map.groupBy(steps.filter(isToWrite), ({ place }) => place.secret)) {
		const fields = new Map(group.map(({ place, value }) => [place.key, value]));
		try {
			await backend.write(secret, fields, { replace: false, overwrite: force, signal: deadline() });
			for (const step of group) written.add(step);
		} catch (error) {
			if (!(error instanceof DstaError)) throw error;
			errors.push(error);
			if (error.failureClass === "unavailable" && error.code !== "DSTA_CONFLICT") break;
		}
	}
	const signal = deadline();
	const checks = await Promise.all(
		[...written].map(async (step) => ({ step, error: await verify(step, backend, signal) })),
	);
	const failed = new Map(
		checks.flatMap(({ error }) => (error === undefined ? [] : [[`${error.code} ${error.message}`, error]])),
	);
	return {
		verified: new Set(checks.filter(({ error }) => error === undefined).map(({ step }) => step)),
		written: [...written].filter(isToWrite),
		errors: [...errors, ...failed.values()],
	};
}

async function verify(
	{ location, place, value }: Step,
	backend: WritableBackend,
	signal: AbortSignal,
): Promise<DstaError | undefined> {
	try {
		const found = await backend.read(requestFor(place), signal);
		if (found !== undefined && isAsWritten(found.value, value)) return undefined;
	} catch (error) {
		if (error instanceof DstaError) return error;
		throw error;
	}
	return new DstaError("DSTA_CONFLICT", `${place.path.text} does not hold what was written to ${location}`, {
		backend: backend.name,
		path: place.path.text,
		cure: "Find out who else writes this secret, and run this again: what is at its place already is not written twice.",
	});
}

import type { Backend, Observation } from "../../backends/backend.ts";
import { now } from "../../clock.ts";
import { DstaError } from "../../errors.ts";
import { startTimeLimit } from "../../resolve/time-limit.ts";

/** What was found, and by which check. */
export interface Finding extends Observation {
	/** A word that stays: `vault.token`. */
	readonly check: string;
	readonly backend?: string | undefined;
}

/** One check: it looks, and changes nothing. */
export interface Look {
	readonly check: string;
	/** The backend that is looked at; it has five seconds. */
	readonly backend?: Backend;
	/** How bad it is where the look fails; an error unless said. */
	readonly severity?: Finding["severity"];
	look(signal: AbortSignal): Promise<readonly Omit<Finding, "check">[]> | readonly Omit<Finding, "check">[];
}

const LIMIT_MS = 5000;

/** Takes all looks at once. One that fails is a finding, and hides no other. */
export async function takeLooks(looks: readonly Look[]): Promise<readonly Finding[]> {
	const found = await Promise.all(looks.map(takeLook));
	return found.flat();
}

async function takeLook(one: Look): Promise<readonly Finding[]> {
	const { backend, check } = one;
	try {
		const seen = await lookInTime(one);
		return seen.map((observation) => ({ check, backend: backend?.name, ...observation }));
	} catch (error) {
		return [toFinding(error, one)];
	}
}

async function lookInTime({ backend, look }: Look): Promise<readonly Omit<Finding, "check">[]> {
	if (backend === undefined) return look(new AbortController().signal);
	const deadline = now() + LIMIT_MS;
	const limit = startTimeLimit(backend, { ownMs: LIMIT_MS, deadline, isFollowed: false, outer: undefined });
	try {
		return await limit.bound(Promise.resolve(look(limit.signal)));
	} finally {
		limit.clear();
	}
}

/** The finding that a failure is. */
export function toFinding(
	error: unknown,
	{ backend, check, severity = "error" }: Pick<Look, "backend" | "check" | "severity">,
): Finding {
	if (error instanceof DstaError) {
		const { code, cure, message, path } = error;
		return { check, severity, message, cure, path, code, backend: error.backend ?? backend?.name };
	}
	// Not its message, which may hold anything.
	const { code = "", name = "Error" } = (error ?? {}) as { readonly code?: string; readonly name?: string };
	return {
		check,
		severity: "warning",
		message: `this check could not be made: ${code || name}`,
		cure: "The others hold all the same; if it stays so, report it as a bug of dsta-run.",
		backend: backend?.name,
	};
}

import { DstaError } from "../errors.ts";
import type { Attempt, Trace } from "./chain.ts";

/**
 * The error of a required entry that nobody had: DSTA_NOT_FOUND, or DSTA_UNAVAILABLE where a backend that might have it could
 * not be asked.
 */
export function nobodyHad({ attempts, entry }: Trace): DstaError {
	const { path } = entry;
	const failed = attempts.filter(({ outcome }) => outcome === "failed");
	const code = failed.some(({ error }) => error?.failureClass === "unavailable")
		? "DSTA_UNAVAILABLE"
		: "DSTA_NOT_FOUND";
	const said = attempts.map((attempt) => `${attempt.backend}: ${describe(attempt)}`).join("; ");
	return new DstaError(code, `Secret not found: ${path.text} (${said})`, {
		path: path.text,
		cure: failed[0]?.error?.cure ?? attempts.find(({ advice }) => advice !== undefined)?.advice ?? NO_BACKEND,
	});
}

function describe({ detail, error, outcome }: Attempt): string {
	if (outcome === "not configured") return outcome;
	if (outcome === "failed") return error?.message ?? detail;
	return `nothing at ${detail}`;
}

const NO_BACKEND =
	"Configure a backend (VAULT_ADDR, AWS_REGION), or give the entry a default or optional: true.";

import { DstaError, type ErrorCode, type FailureClass } from "../errors.ts";
import type { Attempt, Trace } from "./chain.ts";

/** Why nobody had a required entry. */
export interface Missing {
	/**
	 * DSTA_NOT_FOUND; DSTA_DENIED or DSTA_UNAVAILABLE where a backend that might have it refused or could not be asked.
	 * Its message says it all.
	 */
	readonly error: DstaError;
	/** The message without the reason. */
	readonly summary: string;
	/** Who was asked where, and what was wrong. */
	readonly reason: string;
	/** The same in words that fit all entries of this fate. */
	readonly commonReason: string;
}

/** The error of a required entry that nobody had, as a whole and in parts. */
export function nobodyHad({ attempts, entry }: Trace): Missing {
	const { path, version } = entry;
	// What a snapshot lacks as well, its backend may have by now.
	const failed = attempts.filter(({ error }) => error !== undefined);
	const code = codeFor(failed.map(({ error }) => error?.failureClass));
	const summary = `Secret not found: ${path.text}`;
	const reason = attempts.map((attempt) => describe(attempt, `at ${attempt.detail}`)).join("; ");
	// What is to be done for a pinned version, and for others, is not alike.
	const pinned = code === "DSTA_NOT_FOUND" && version !== undefined ? ", each in a version of its own" : "";
	const cure =
		failed[0]?.error?.cure ?? attempts.find(({ advice }) => advice !== undefined)?.advice ?? NO_BACKEND;
	return {
		error: new DstaError(code, `${summary} (${reason})`, { path: path.text, cure }),
		summary,
		reason,
		commonReason: `${attempts.map((attempt) => describe(attempt, "for them")).join("; ")}${pinned}`,
	};
}

function codeFor(failures: readonly (FailureClass | undefined)[]): ErrorCode {
	if (failures.includes("denied")) return "DSTA_DENIED";
	return failures.includes("unavailable") ? "DSTA_UNAVAILABLE" : "DSTA_NOT_FOUND";
}

function describe({ backend, detail, error, outcome }: Attempt, place: string): string {
	if (outcome === "not configured") return `${backend} is not configured`;
	if (error !== undefined) return error.message;
	return detail === "" ? `${backend} has no place for it` : `${backend} has nothing ${place}`;
}

const NO_BACKEND =
	"Configure a backend (VAULT_ADDR, AWS_REGION), or give the entry a default or optional: true.";

import type { Finding } from "./look.ts";

/**
 * The findings that are to be told: each once, whoever found it, and of what fails for the secrets nothing that follows from what a
 * check of a backend has told.
 */
export function conclude(findings: readonly Finding[]): readonly Finding[] {
	const groups = Map.groupBy(findings, ({ cure, message }) => `${message}\n${cure}`);
	const distinct = [...groups.values()].map(worstOf);
	const causes = distinct.filter(({ check, code }) => check !== "secrets" && code !== undefined);
	return distinct.filter((one) => one.check !== "secrets" || !causes.some((cause) => isBehind(cause, one)));
}

function worstOf(group: readonly Finding[]): Finding {
	return group.find(({ severity }) => severity === "error") ?? (group[0] as Finding);
}

// Of a secret that nobody had while a backend was down, the backend is not the one that is named.
function isBehind(cause: Finding, { backend = cause.backend, code, message }: Finding): boolean {
	if (backend !== cause.backend || code === undefined) return false;
	if (message.startsWith(cause.message)) return true;
	const kind = KINDS[code];
	return kind !== undefined && cause.code !== undefined && kind === KINDS[cause.code];
}

/** What a backend that is down, or does not let us in, does to every secret alike. */
const KINDS: Readonly<Record<string, string>> = {
	DSTA_UNAVAILABLE: "down",
	DSTA_TIMEOUT: "down",
	DSTA_DENIED: "denied",
};

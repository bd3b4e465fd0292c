import type { Finding } from "./look.ts";

/**
 * The findings that are to be told: each once, whoever found it, and of what fails for the secrets nothing that follows from what a
 * check of a backend has told. A backend that is down is no error where all secrets are there without it.
 */
export function conclude(findings: readonly Finding[]): readonly Finding[] {
	const isAny = (one: string, as: Finding["severity"]) =>
		findings.some(({ check, severity }) => check === one && severity === as);
	const isComplete = isAny("secrets", "ok") && !isAny("map", "error");
	const weighed = isComplete ? findings.map(forgiven) : findings;
	const groups = Map.groupBy(weighed, ({ cure, message }) => `${message}\n${cure}`);
	const distinct = [...groups.values()].map(worstOf);
	const causes = distinct.filter(({ check, code }) => check !== "secrets" && code !== undefined);
	return distinct.filter((one) => one.check !== "secrets" || !causes.some((cause) => isBehind(cause, one)));
}

function forgiven(finding: Finding): Finding {
	const isDown = finding.severity === "error" && KINDS[finding.code ?? ""] === "down";
	return isDown ? { ...finding, severity: "warning" } : finding;
}

// Of equals the one that names what it looked at.
function worstOf(group: readonly Finding[]): Finding {
	const errors = group.filter(({ severity }) => severity === "error");
	const worst = errors.length > 0 ? errors : group;
	return worst.find(({ check }) => check !== "secrets") ?? (worst[0] as Finding);
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

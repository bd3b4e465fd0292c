import type { Lease, LeaseNews } from "../backends/backend.ts";
import type { Log } from "../observe/log.ts";
import { durationWords } from "../resolve/duration-words.ts";
import { fixLines } from "./report.ts";
import type { Session } from "./session.ts";

/** Sees to it that leases last as long as the command, where somebody is left for that; a warning says where not. */
export async function lookAfter(
	leases: readonly Lease[],
	{ backends, manner }: Session,
	log: Log,
): Promise<void> {
	if (manner.mode === "spawn") await backends.keepAlive((news) => reportLease(news, log));
	else
		warnOfNobody(leases, log, {
			when: "in exec mode",
			cure: "Use --spawn (run.mode: spawn) for a command that goes on for longer.",
		});
}

/** Warns of leases that nobody is left to look after. */
export function warnOfNobody(
	leases: readonly Lease[],
	log: Log,
	{ cure, when }: { readonly cure: string; readonly when: string },
): void {
	const ends = leases.map(({ leftMs, path }) => `the lease of ${path} (${endOf(leftMs)})`).join(", ");
	log("warn", `${when} nobody is left to renew and to revoke ${ends}`, {
		event: "lease.unattended",
		// Nobody else lends.
		backend: "vault",
		lines: fixLines(cure),
		paths: leases.map(({ path }) => path),
		cure,
	});
}

function endOf(leftMs: number): string {
	return leftMs === Number.POSITIVE_INFINITY ? "without an end" : `ends in ${durationWords(leftMs)}`;
}

/** Warns of what becomes of a lease. */
export function reportLease({ cure, kind, leftMs, path, reason }: LeaseNews, log: Log): void {
	const end = leftMs === 0 ? "has ended" : `ends in ${durationWords(Math.max(1000, leftMs))}`;
	const message =
		kind === "late"
			? `the lease of ${path} could not be renewed and is tried again; it ${end}: ${reason}`
			: `the lease of ${path} ${end} and cannot be renewed: ${reason}`;
	log("warn", message, {
		event: kind === "late" ? "lease.late" : "lease.ending",
		backend: "vault",
		lines: fixLines(cure),
		path,
		leftMs: Math.round(leftMs),
		cure,
	});
}

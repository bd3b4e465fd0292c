import type { Lease, LeaseNews } from "../backends/backend.ts";
import type { Log } from "../observe/log.ts";
import { leaseNewsWords, unattendedWords } from "../resolve/lease-words.ts";
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
	log("warn", unattendedWords(when, leases), {
		event: "lease.unattended",
		// Nobody else lends.
		backend: "vault",
		lines: fixLines(cure),
		paths: leases.map(({ path }) => path),
		cure,
	});
}

/** Warns of what becomes of a lease. */
export function reportLease(news: LeaseNews, log: Log): void {
	const { cure, kind, leftMs, path } = news;
	log("warn", leaseNewsWords(news), {
		event: kind === "late" ? "lease.late" : "lease.ending",
		backend: "vault",
		lines: fixLines(cure),
		path,
		leftMs: Math.round(leftMs),
		cure,
	});
}

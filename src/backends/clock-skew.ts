import type { Observation } from "./backend.ts";
import type { HttpResponse } from "./transport.ts";

/** What a signature may be off at AWS, and what logins with tokens of a short life forgive. */
const FATAL_MS = 300_000;
const HARMFUL_MS = 30_000;

/** How our clock stands beside that of a server, by the date of its answer; nothing where it tells none. */
export function observeClock(headers: HttpResponse["headers"], server: string): readonly Observation[] {
	const { age, date = "" } = headers;
	const aheadMs = Date.now() - Date.parse(date);
	// An answer out of a cache is as old as that says.
	if (age !== undefined || Number.isNaN(aheadMs)) return [];
	const seconds = Math.round(Math.abs(aheadMs) / 1000);
	const words = `the clock of this machine is ${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} that of ${server}`;
	if (Math.abs(aheadMs) < HARMFUL_MS)
		return [{ severity: "ok", message: `the clocks of this machine and of ${server} agree` }];
	return [
		{
			severity: Math.abs(aheadMs) < FATAL_MS ? "warning" : "error",
			message: words,
			cure: "Set the clock right, and keep it so: timedatectl set-ntp true, or chronyd. In a container it is that of the host. A wrong clock makes AWS refuse signatures, and certificates and the tokens of logins seem expired.",
		},
	];
}

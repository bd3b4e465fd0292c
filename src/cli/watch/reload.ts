import { isDeepStrictEqual } from "node:util";
import type { RunSettings } from "../../map/secret-map.ts";
import { checkFeasibility } from "../feasibility.ts";
import type { Preparation } from "../prepare-command.ts";
import { loadMap, openSession, type Session } from "../session.ts";

/**
 * Reads the map of a run anew: the session as it is where it says the same, otherwise another one.
 * @throws {DstaError} the map is wrong, or asks for what this build cannot do
 */
export async function reopenSession(
	session: Session,
	{ commandLine, host }: Pick<Preparation, "commandLine" | "host">,
): Promise<Session> {
	const map = await loadMap(commandLine.options.map, host.cwd);
	if (isDeepStrictEqual(map, session.map)) return session;
	const next = await openSession(commandLine, host, { map });
	await checkFeasibility(next);
	return next;
}

/** The settings under `run:` that are others, and hold from the next start of dsta-run alone. */
export function settingsForNextStart(before: Session, now: Session): readonly string[] {
	const names = Object.keys(FIXED) as (keyof typeof FIXED)[];
	return names
		.filter((name) => !isDeepStrictEqual(before.map.run[name], now.map.run[name]))
		.map((name) => `run.${FIXED[name]}`);
}

/** What a run is begun with, by the names of the map. */
const FIXED = {
	mode: "mode",
	signals: "signals",
	killAfterMs: "kill_after",
	subreaper: "subreaper",
	onOrphan: "on_orphan",
	notify: "notify",
	metrics: "metrics",
	stopSignal: "stop_signal",
	stopTimeoutMs: "stop_timeout",
	probationMs: "probation",
	ready: "ready",
	reloadSignal: "reload_signal",
} satisfies Partial<Record<keyof RunSettings, string>>;

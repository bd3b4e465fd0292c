import type { Own } from "../launch/own.ts";
import type { HearEvent } from "./events.ts";
import { isTelling } from "./feasibility.ts";
import type { Host } from "./host.ts";
import type { Session } from "./session.ts";

/** Who hears of a run, beside its log. */
export interface Listeners {
	readonly hear: HearEvent;
	/** Resolves when what is left to be said was said, and nobody is listened to any more. */
	close(): Promise<void>;
}

export interface ListenersContext {
	readonly host: Host;
	readonly own: Own;
	/** All that are open at a time: a watch may open others beside the first. */
	readonly sessions: ReadonlySet<Session>;
}

const NOBODY: Listeners = { hear: () => undefined, close: async () => undefined };

/**
 * Opens what the map and the command line ask for.
 * @throws {DstaError} DSTA_CONFIG an address may not be used · DSTA_OUTPUT a file cannot be written
 */
export async function openListeners(session: Session, context: ListenersContext): Promise<Listeners> {
	if (!isTelling(session)) return NOBODY;
	return (await import("./telemetry.ts")).openTelemetry(session, context);
}

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
	/** The file of the command, as it stands on the command line. */
	readonly file: string;
	/** All that are open at a time: a watch may open others beside the first. */
	readonly sessions: ReadonlySet<Session>;
}

const NOBODY: Listeners = { hear: () => undefined, close: async () => undefined };

/**
 * Opens what the map and the command line ask for: the audit log, and what metrics are told by.
 * @throws {DstaError} DSTA_CONFIG an address may not be used · DSTA_OUTPUT a file cannot be written
 */
export async function openListeners(session: Session, context: ListenersContext): Promise<Listeners> {
	const record = await openRecord(session, context);
	const telemetry = isTelling(session)
		? await (await import("./telemetry.ts")).openTelemetry(session, context)
		: NOBODY;
	if (record === undefined) return telemetry;
	return {
		hear(event) {
			// First what may keep a command from its start.
			record(event);
			telemetry.hear(event);
		},
		close: telemetry.close,
	};
}

async function openRecord(session: Session, { file }: ListenersContext): Promise<HearEvent | undefined> {
	const audit = await session.openAudit();
	if (audit === undefined) return undefined;
	const { auditRun } = await import("./audit.ts");
	return auditRun(audit, { file, map: session.map.file, mode: session.manner.mode });
}

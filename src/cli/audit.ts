import { constants } from "node:os";
import { basename, isAbsolute, join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import type { RunMode } from "../map/secret-map.ts";
import type { AuditRecord } from "../observe/audit/record.ts";
import { findWho } from "../observe/audit/who.ts";
import { type Audit, type AuditPlace, openAudit } from "../observe/audit.ts";
import { recordsOf } from "./audited.ts";
import type { HearEvent, RunEvent } from "./events.ts";
import type { Host } from "./host.ts";
import { warningOf } from "./report.ts";

/**
 * Opens an audit log in the name of this process.
 * @throws {DstaError} DSTA_OUTPUT it cannot be written
 */
export function openOwnAudit(place: AuditPlace, { cwd, env, log, process }: Host): Audit {
	const { pid } = process;
	const file = isAbsolute(place.file) ? place.file : join(cwd, place.file);
	return openAudit(
		{ ...place, file },
		{
			who: findWho({ env, pid, uid: process.geteuid?.(), version: manifest.version }),
			warn: warningOf(log, "audit.warning"),
		},
	);
}

/** What is run. */
export interface AuditedRun {
	/** As it stands on the command line. */
	readonly file: string;
	readonly mode: RunMode;
	/** The map that is in use. */
	readonly map: string;
}

/**
 * Writes the events of a run to an audit log. Who gets what is on disk before its command starts; what cannot be written of
 * later events is kept, and a warning says so.
 * @throws {DstaError} DSTA_OUTPUT by the first event: it cannot be written
 */
export function auditRun(audit: Audit, run: AuditedRun): HearEvent {
	let isUnderWay = false;
	return (event) => {
		// Nobody got anything yet.
		if (!isUnderWay && event.kind !== "resolved") return;
		const records = recordsOfEvent(event, run);
		if (records.length > 0) (isUnderWay ? audit.note : audit.write)(records);
		isUnderWay = true;
	};
}

function recordsOfEvent(event: RunEvent, { file, map, mode }: AuditedRun): readonly AuditRecord[] {
	const command = basename(file);
	switch (event.kind) {
		case "resolved":
			return recordsOf("inject", event.resolutions, { command });
		case "started":
			return [{ action: "start", command, command_pid: event.pid, mode, map, reason: event.reason }];
		case "changed":
			return event.secrets.map(({ from, path, to }) => ({
				action: "change",
				path,
				backend: to?.backend,
				version: to?.version,
				was_version: from?.version,
			}));
		case "reaction":
			return [{ action: "react", reaction: event.reaction.kind, paths: event.paths, command }];
		case "restored":
			return [{ action: "restore", reason: event.reason, command }];
		case "ended":
			return [{ action: "end", command, ...endingOf(event.ending) }];
		default:
			return [];
	}
}

function endingOf(ending: Extract<RunEvent, { kind: "ended" }>["ending"]): Partial<AuditRecord> {
	if ("status" in ending) return ending;
	const { signal: number } = ending;
	const name = Object.entries(constants.signals).find(([, one]) => one === number)?.[0];
	return { signal: name ?? String(number) };
}

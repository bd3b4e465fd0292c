import { dirname } from "node:path";
import { DstaError } from "../errors.ts";
import { renderLine } from "./audit/chain.ts";
import { explain, notWritten } from "./audit/failure.ts";
import { openAuditFile } from "./audit/file.ts";
import type { AuditRecord, TimedRecord, Who } from "./audit/record.ts";
import type { Sink } from "./audit/sink.ts";
import { isStream, openAuditStream } from "./audit/stream.ts";

/** Where a log is written. */
export interface AuditPlace {
	/** An absolute path. */
	readonly file: string;
	/** The size over which the next file is begun, in bytes; 10 MiB unless said. */
	readonly maxBytes?: number | undefined;
	/** How many files are kept beside the current one; 5 unless said, at least 1. */
	readonly keep?: number | undefined;
}

/** An audit log, open for records. */
export interface Audit {
	/**
	 * Writes records, and comes back when they are on disk.
	 * @throws {DstaError} DSTA_OUTPUT they cannot be written
	 */
	write(records: readonly AuditRecord[]): void;
	/**
	 * Writes records of what has happened already. Where that fails they are kept for the next time; a warning says so when it begins
	 * and when it is over.
	 */
	note(records: readonly AuditRecord[]): void;
}

export interface AuditOptions {
	readonly who: Who;
	readonly warn: (message: string, cure?: string) => void;
}

const DEFAULT_MAX_BYTES = 10 * 2 ** 20;
const DEFAULT_KEEP = 5;

/** How many records are kept while none can be written. */
const MAX_KEPT = 10_000;

/**
 * Opens an audit log.
 * @throws {DstaError} DSTA_OUTPUT it cannot be written
 */
export function openAudit(place: AuditPlace, { warn, who }: AuditOptions): Audit {
	const { file } = place;
	const sink = attempt(file, () => openSink(place, warn));
	let kept: readonly TimedRecord[] = [];
	function append(records: readonly TimedRecord[]): void {
		const left = [...kept, ...records];
		try {
			attempt(file, () => sink.append(left, (record, start) => renderLine(record, who, start)));
		} finally {
			kept = left.slice(0, MAX_KEPT);
		}
	}
	return {
		write(records) {
			const timed = atThisTime(records);
			try {
				append(timed);
			} catch (error) {
				// Nothing comes of what they tell of.
				kept = kept.filter((one) => !timed.includes(one));
				throw error;
			}
		},
		note(records) {
			const timed = atThisTime(records);
			const isKeeping = kept.length > 0;
			try {
				append(timed);
				if (isKeeping) warn(`the audit log ${file} is written again, with what was kept meanwhile`);
			} catch (error) {
				if (!(error instanceof DstaError)) throw error;
				const { cure, message } = error;
				if (!isKeeping) warn(`${message}; up to ${MAX_KEPT} records are kept in memory until it can`, cure);
			}
		},
	};
}

function atThisTime(records: readonly AuditRecord[]): readonly TimedRecord[] {
	const time = new Date().toISOString();
	return records.map((record) => ({ time, ...record }));
}

function openSink(place: AuditPlace, warn: AuditOptions["warn"]): Sink {
	const { file, keep = DEFAULT_KEEP, maxBytes = DEFAULT_MAX_BYTES } = place;
	if (isStream(file)) return openAuditStream(file);
	return openAuditFile(file, {
		maxBytes,
		keep,
		onStuck: (error) =>
			warn(
				`the audit log ${file} cannot be rotated and grows: ${explain(file, error).reason}`,
				`Let this user write in its folder: ls -ld ${dirname(file)}`,
			),
	});
}

function attempt<Answer>(file: string, action: () => Answer): Answer {
	try {
		return action();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === undefined) throw error;
		throw notWritten(file, error as NodeJS.ErrnoException);
	}
}

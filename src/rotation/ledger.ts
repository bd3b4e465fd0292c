import { DstaError } from "../errors.ts";
import type { Job } from "./job.ts";
import { noteName } from "./note.ts";
import { formatRecord, parseRecord, type RotationRecord } from "./record.ts";
import { readNotes, type Target, within } from "./target.ts";

/** The record of a field's rotation, beside its secret. */
export interface Ledger {
	read(): Promise<RotationRecord | undefined>;
	/** Puts one in its place, or none. */
	write(record: RotationRecord | undefined): Promise<void>;
}

/**
 * Opens the record of a field. Where nothing can be kept beside the secret, or we may not, there is none: the rotation is done
 * all the same, but nobody else knows of it, and a warning says so.
 */
export function openLedger(target: Target, job: Pick<Job, "signal" | "timeoutMs" | "warn">): Ledger {
	const { backend, field, path, secret } = target;
	const name = noteName("rotation", field);
	let isKept = backend.annotations !== undefined;
	function goOnWithout(error: unknown): undefined {
		if (!(error instanceof DstaError)) throw error;
		// Nothing lies beside a secret that is not there yet.
		if (error.code === "DSTA_NOT_FOUND") return;
		if (error.code !== "DSTA_DENIED" && error.code !== "DSTA_UNSUPPORTED") throw error;
		isKept = false;
		job.warn(
			`the state of the rotation of ${path.text} cannot be kept beside it, so that it can be neither resumed nor rolled back: ${error.message}`,
			error.cure,
		);
	}
	return {
		async read() {
			if (!isKept) return undefined;
			const notes = await readNotes(target, within(job)).catch(goOnWithout);
			return parseRecord(notes?.get(name));
		},
		async write(record) {
			if (!isKept) return;
			const text = record === undefined ? undefined : formatRecord(record);
			await backend.annotations?.write(secret, new Map([[name, text]]), within(job)).catch(goOnWithout);
		},
	};
}

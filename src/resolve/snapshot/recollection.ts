import { DstaError } from "../../errors.ts";
import { durationWords } from "../duration-words.ts";
import { readSnapshotFile } from "./file.ts";
import { decodeRecords, type SnapshotRecord, type SnapshotRecords } from "./records.ts";

/** The answers that an earlier run has left. */
export interface Recollection {
	/**
	 * The answer of a name, and how old it is. The file is read for the first one.
	 * @throws {DstaError} DSTA_CONFIG there is none, or none that may be used
	 */
	find(name: string | undefined): Promise<Recalled>;
}

export interface Recalled {
	readonly record: SnapshotRecord;
	readonly ageMs: number;
}

export interface RecollectionOptions {
	readonly file: string;
	/** `undefined`: it could not be had. */
	readonly key: Promise<Buffer | undefined>;
	readonly maxAgeMs: number;
	/** The user that must have made the file. */
	readonly user: number;
	/** The time, in milliseconds since 1970. */
	readonly now: () => number;
}

/** So far clocks may differ. */
const MAX_AHEAD_MS = 5 * 60_000;

/** Makes a recollection; nothing is read yet. */
export function createRecollection({ file, key, maxAgeMs, now, user }: RecollectionOptions): Recollection {
	let records: Promise<SnapshotRecords> | undefined;

	async function load(): Promise<SnapshotRecords> {
		const known = await key;
		if (known === undefined) throw notUsed("there is no key to open it with");
		const bytes = await readSnapshotFile(file, user);
		const { isSealed, unseal } = await import("./cipher.ts");
		if (!isSealed(bytes)) throw notUsed("no such version of dsta-run has written it");
		const text = unseal(bytes, known);
		if (text === undefined)
			throw notUsed("it has another key, or was changed or cut short since it was written");
		return decodeRecords(text);
	}

	function notUsed(reason: string): DstaError {
		const cure = "Make the backend answer; the next run that resolves everything writes a new snapshot.";
		return new DstaError("DSTA_CONFIG", `the snapshot ${file} is not used: ${reason}`, { cure });
	}

	return {
		async find(name) {
			records ??= load();
			const all = await records;
			const record = name === undefined ? undefined : all.get(name);
			if (record === undefined) throw notUsed("it holds no answer to this question");
			const ageMs = now() - record.at;
			if (ageMs < -MAX_AHEAD_MS) throw notUsed(`by the clock its answer is from the future`);
			if (ageMs > maxAgeMs)
				throw notUsed(
					`its answer is ${durationWords(ageMs)} old, and snapshot.max_age is ${durationWords(maxAgeMs)}`,
				);
			return { record, ageMs: Math.max(0, ageMs) };
		},
	};
}

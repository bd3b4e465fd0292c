import type { Backend, Found, ReadRequest } from "../../backends/backend.ts";
import { parseJson } from "../../backends/json.ts";

/** What a backend answered once; without `found` that it had nothing. */
export interface SnapshotRecord {
	/** When it was read, in milliseconds since 1970. */
	readonly at: number;
	readonly found?: StoredFound | undefined;
}

interface StoredFound extends Pick<Found, "location" | "version"> {
	/** The value as JSON text. */
	readonly json: string;
}

/** By the question and by who answered it. */
export type SnapshotRecords = ReadonlyMap<string, SnapshotRecord>;

/** What names a question together with who answers it; `undefined` where the answer is not to be kept. */
export function keyOf(backend: Backend, request: ReadRequest): string | undefined {
	const identity = backend.identity?.(request);
	if (identity === undefined) return undefined;
	const { overrides, path, version } = request;
	return JSON.stringify([backend.name, identity, path.text, version, overrides]);
}

/** Makes the record of an answer. */
export function toRecord(found: Found | undefined, at: number): SnapshotRecord {
	if (found === undefined) return { at };
	const { location, value, version } = found;
	return { at, found: { location, version, json: JSON.stringify(value) } };
}

/** The answer that a record holds. */
export function foundIn({ found }: SnapshotRecord): Found | undefined {
	if (found === undefined) return undefined;
	const { json, location, version } = found;
	return { value: parseJson(json), location, version };
}

/** All records as one text. */
export function encodeRecords(records: SnapshotRecords): string {
	return JSON.stringify([...records]);
}

/** What `encodeRecords` was given. */
export function decodeRecords(text: string): SnapshotRecords {
	return new Map(JSON.parse(text) as [string, SnapshotRecord][]);
}

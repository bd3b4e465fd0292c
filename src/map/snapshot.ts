import {
	complain,
	mappingOf,
	type Reader,
	readCommand,
	readDuration,
	readWord,
	type Schema,
} from "./fields.ts";
import type { KeySource, SnapshotSettings } from "./secret-map.ts";
import { readCredential } from "./vault-auth.ts";

const DEFAULT_MAX_AGE_MS = 24 * 60 * 60 * 1000;

/** What the key of a snapshot is taken from, one of them. */
export const SOURCES = {
	file: readWord,
	credential: readCredential,
	command: readCommand,
} satisfies Schema;

const EXAMPLE_KEY = "{ file: /etc/dsta/snapshot.key }";

const readKey: Reader<KeySource> = (node, label, context) => {
	const before = context.problems.count;
	const fields = mappingOf(SOURCES)(node, label, context);
	if (fields === undefined || context.problems.count > before) return undefined;
	if (Object.keys(fields).length === 1) return fields as KeySource;
	const sentence = `${label} takes one of ${Object.keys(SOURCES).join(", ")}: ${EXAMPLE_KEY}`;
	return complain(node, sentence, context);
};

export const SNAPSHOT = { file: readWord, max_age: readDuration, key: readKey } satisfies Schema;

/** `snapshot`: where the last answers of the backends are kept, for how long, and by which key. */
export const readSnapshot: Reader<SnapshotSettings> = (node, label, context) => {
	const before = context.problems.count;
	const fields = mappingOf(SNAPSHOT)(node, label, context);
	if (fields === undefined || context.problems.count > before) return undefined;
	const { file, key, max_age: maxAgeMs = DEFAULT_MAX_AGE_MS } = fields;
	if (file === undefined || key === undefined) {
		const missing = file !== undefined ? "a key" : key !== undefined ? "a file" : "a file and a key";
		const sentence = `${label} needs ${missing}: { file: /var/lib/dsta/app.snapshot, key: ${EXAMPLE_KEY} }`;
		return complain(node, sentence, context);
	}
	if ("file" in key && key.file === file)
		return complain(node, `${label}.file would be written over its key: name two files`, context);
	return { file, maxAgeMs, key };
};

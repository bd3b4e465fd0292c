import { readAudit } from "./audit.ts";
import { looksLikeEntry, readEntry } from "./entry.ts";
import {
	type Context,
	complain,
	type Reader,
	readBoolean,
	readDuration,
	readFields,
	readText,
	type Schema,
	shown,
} from "./fields.ts";
import { claimName } from "./names.ts";
import { findPair, isNull, type MappingNode, type PairNode, type YamlNode } from "./node.ts";
import { readRotate } from "./rotate.ts";
import type { Entry, SecretMap } from "./secret-map.ts";
import { BACKEND_SETTINGS, pickSettings, readChain, readPolicy, readRun } from "./settings.ts";
import { readSnapshot } from "./snapshot.ts";
import { suggest } from "./suggest.ts";
import { readTemplates } from "./templates.ts";

/** The most entries that a map may have. */
export const MAX_ENTRIES = 10_000;

/** A line as it should be, for messages. */
export const EXAMPLE_LINE = "exchange/binance/api_key: BINANCE_API_KEY";

const readEntries: Reader<readonly Entry[]> = (node, label, context) => {
	if (node.kind === "mapping") return readLines(node.pairs, context);
	const nothing = isNull(node) ? ", or {} for none" : "";
	return complain(node, `${label} must hold lines such as ${EXAMPLE_LINE}${nothing}`, context);
};

// What its lines mean shows when the entries are known, which may stand below.
const readTemplateLines: Reader<MappingNode> = (node, label, context) => {
	if (node.kind === "mapping") return node;
	const nothing = isNull(node) ? ", or {} for none" : "";
	return complain(node, `${label} must hold lines such as ${EXAMPLE_TEMPLATE}${nothing}`, context);
};

const readFormat: Reader<"1"> = (node, label, context) => {
	const text = readText(node, label, context);
	if (text === undefined || text === "1") return text;
	return complain(node, `${label} of a map must be 1`, context);
};

const EXAMPLE_TEMPLATE = `DATABASE_URL: postgresql://\${database/postgres/host}/dsta`;

/** The keys of the full form. */
export const MAP = {
	version: readFormat,
	chain: readChain,
	strict: readBoolean,
	timeout: readDuration,
	on: readPolicy,
	...BACKEND_SETTINGS,
	run: readRun,
	snapshot: readSnapshot,
	secrets: readEntries,
	templates: readTemplateLines,
	rotate: readRotate,
	audit: readAudit,
} satisfies Schema;

/**
 * Reads a map in its short form (`path: NAME` in every line) or in its full one (settings, and such lines under `secrets`).
 * What it answers is whole only if no problem was noted.
 */
export function readMap(root: YamlNode, context: Context): Omit<SecretMap, "file"> | undefined {
	if (root.kind !== "mapping")
		return complain(root, `a map is lines such as ${EXAMPLE_LINE}, not a list`, context);
	if (!isFullForm(root)) return { entries: readShortForm(root, context), backends: {}, run: {} };
	const fields = readFields(root, MAP, { parent: "", context, explainUnknown: explainUnknownKey });
	const { aws: _, env: __, run, secrets, templates, vault: ___, version: ____, timeout, ...rest } = fields;
	const entries = secrets ?? [];
	return {
		...rest,
		...(timeout === undefined ? {} : { timeoutMs: timeout }),
		entries,
		...(templates === undefined ? {} : { templates: readTemplates(templates, entries, context) }),
		backends: pickSettings(fields, BACKEND_SETTINGS),
		run: run ?? {},
	};
}

// A mapping under `secrets` makes the full form, and so do signs that it was meant and templates; a scalar or a list of names
// under it is a short line for a path `secrets`.
function isFullForm(root: MappingNode): boolean {
	const secrets = findPair(root, "secrets")?.value;
	if (secrets !== undefined)
		return secrets.kind === "mapping" || isNull(secrets) || isListOfMappings(secrets);
	const templates = findPair(root, "templates");
	if (templates?.value.kind === "mapping" && isSetting("templates", templates.value)) return true;
	return root.pairs.some(({ key, value }) => isMistypedSecrets(key.text, value));
}

function isListOfMappings(node: YamlNode): boolean {
	return node.kind === "list" && node.items.some(({ kind }) => kind === "mapping");
}

function isMistypedSecrets(key: string, value: YamlNode): boolean {
	return value.kind === "mapping" && !looksLikeEntry(value) && suggest(key, ["secrets"]) !== undefined;
}

function explainUnknownKey(key: string): string | undefined {
	return key.includes("/")
		? `${shown(key)} is a path: move its line to the others, under secrets:`
		: undefined;
}

function readShortForm(root: MappingNode, context: Context): readonly Entry[] {
	const lines = root.pairs.filter(({ key, value }) => {
		if (!isSetting(key.text, value)) return true;
		const sentence = `${key.text} is a setting: put the lines ${EXAMPLE_LINE} under secrets: beside it`;
		return complain(key, sentence, context);
	});
	return readLines(lines, context);
}

// `chain: [env]` could be a path `chain` with the variable `env`. Whoever means that writes the name in capitals or `{ env: … }`.
function isSetting(key: string, value: YamlNode): boolean {
	if (!Object.hasOwn(MAP, key) || key === "secrets") return false;
	if (value.kind === "mapping") return findPair(value, "env") === undefined;
	const names = value.kind === "list" ? value.items : [value];
	return !names.every((name) => name.kind === "scalar" && /^[A-Z_][A-Z0-9_*]*$/.test(name.text));
}

function readLines(pairs: readonly PairNode[], context: Context): readonly Entry[] {
	const { problems } = context;
	if (pairs.length > MAX_ENTRIES) {
		problems.add(
			(pairs[MAX_ENTRIES] as PairNode).key.offset,
			`a map has at most ${MAX_ENTRIES} entries, this one ${pairs.length}`,
		);
		return [];
	}
	const entries: Entry[] = [];
	const paths = new Map<string, number>();
	for (const pair of pairs) {
		const { text, offset } = pair.key;
		const first = paths.get(text);
		if (first !== undefined) {
			const cure = text.endsWith("*")
				? "keep one of the lines"
				: `give its one line a list of names, ${text}: [NAME, NAME]`;
			problems.add(offset, `${shown(text)} is given twice, first at ${problems.locate(first)}; ${cure}`);
			continue;
		}
		paths.set(text, offset);
		const read = readEntry(pair, context);
		if (read.entry !== undefined) entries.push(read.entry);
		for (const name of read.names) claimName(name, context);
	}
	return entries;
}

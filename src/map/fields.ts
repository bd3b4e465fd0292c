import { LONGEST, parseDuration } from "./duration.ts";
import { isNothing, isNull, type MappingNode, type YamlNode } from "./node.ts";
import type { Problems } from "./problems.ts";
import type { Words } from "./secret-map.ts";
import { suggestion } from "./suggest.ts";

/** What reading a node needs to know of its map. */
export interface Context {
	readonly problems: Problems;
	/** The names that a chain may hold. */
	readonly backends: readonly string[];
	/** The offset at which each variable was first given, as far as the map is read. */
	readonly names: Map<string, number>;
}

/** Reads the value of a key, `label` in messages; notes what is wrong and answers `undefined` then. */
export type Reader<T> = (node: YamlNode, label: string, context: Context) => T | undefined;

export type Schema = Readonly<Record<string, Reader<unknown>>>;

/** What a schema reads: each key that is there and right. */
export type Fields<S extends Schema> = {
	readonly [K in keyof S]?: S[K] extends Reader<infer T> ? T : never;
};

export interface FieldsOptions {
	/** The key that holds the mapping, for messages; empty at the top and in an entry. */
	readonly parent: string;
	readonly context: Context;
	/** Says better than a list of the known keys what is wrong with an unknown one. */
	readonly explainUnknown?: (key: string) => string | undefined;
}

/** Reads the keys of a mapping, notes those that are unknown or repeated. */
export function readFields<S extends Schema>(
	mapping: MappingNode,
	schema: S,
	{ parent, context, explainUnknown }: FieldsOptions,
): Fields<S> {
	const fields: Record<string, unknown> = {};
	const seen = new Map<string, number>();
	for (const { key, value } of mapping.pairs) {
		const label = parent === "" ? key.text : `${parent}.${key.text}`;
		const first = seen.get(key.text);
		const reader = Object.hasOwn(schema, key.text) ? schema[key.text] : undefined;
		if (first !== undefined)
			context.problems.add(
				key.offset,
				`${shown(key.text)} is given twice, first at ${context.problems.locate(first)}`,
			);
		else if (reader === undefined)
			context.problems.add(
				key.offset,
				// What has no colon may be the rest of a default with a comma in it.
				isNothing(value)
					? "this is no key with a value; put a text that holds a comma in quotes"
					: (explainUnknown?.(key.text) ??
							`unknown key ${shown(key.text)}${suggestion(key.text, keysOf(schema))}`),
			);
		else {
			const read = reader(value, label, context);
			if (read !== undefined) fields[key.text] = read;
		}
		if (first === undefined) seen.set(key.text, key.offset);
	}
	return fields as Fields<S>;
}

/** A text for a message, in quotes and not longer than a line. */
export function shown(text: string): string {
	return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** A mapping with the keys of a schema. */
export function mappingOf<S extends Schema>(schema: S): Reader<Fields<S>> {
	return (node, label, context) => {
		if (node.kind === "mapping") return readFields(node, schema, { parent: label, context });
		const keys = keysOf(schema).join(", ");
		return complain(node, `${label} holds keys of its own (${keys}); write {} for none`, context);
	};
}

/** A text, in quotes even an empty one. */
export const readText: Reader<string> = (node, label, context) => {
	if (node.kind !== "scalar") return complain(node, `${label} must be one text`, context);
	if (isNull(node)) return complain(node, `${label} has no value; give it one or leave it out`, context);
	return node.text;
};

/** A text that is not empty. */
export const readWord: Reader<string> = (node, label, context) => {
	const text = readText(node, label, context);
	return text === "" ? complain(node, `${label} is empty; give it a value or leave it out`, context) : text;
};

/** `true yes on 1` or `false no off 0`. */
export const readBoolean: Reader<boolean> = (node, label, context) => {
	const text = readText(node, label, context)?.toLowerCase();
	if (text === undefined) return undefined;
	if (["true", "yes", "on", "1"].includes(text)) return true;
	if (["false", "no", "off", "0"].includes(text)) return false;
	return complain(node, `${label} must be true or false`, context);
};

/** What `readBoolean` reads, or a word. */
export function booleanOr<const T extends string>(word: T): Reader<boolean | T> {
	return (node, label, context) =>
		node.kind === "scalar" && node.text === word ? word : readBoolean(node, label, context);
}

/** A duration, in milliseconds. */
export const readDuration: Reader<number> = (node, label, context) => {
	const text = readText(node, label, context);
	if (text === undefined) return undefined;
	const durationMs = parseDuration(text);
	if (durationMs !== undefined && durationMs > 0) return durationMs;
	const limit = parseDuration(text, Number.POSITIVE_INFINITY) ? ` of up to ${LONGEST}` : "";
	return complain(
		node,
		`${label} must be a duration${limit}: 500ms, 30s, 5m, 2h, 1d or plain seconds`,
		context,
	);
};

/** A duration, or 0 for none, in milliseconds. */
export const readPause: Reader<number> = (node, label, context) =>
	node.kind === "scalar" && parseDuration(node.text) === 0 ? 0 : readDuration(node, label, context);

/** A whole number up to a limit. */
export function countUpTo(max: number): Reader<number> {
	return (node, label, context) => {
		const text = readText(node, label, context);
		if (text === undefined) return undefined;
		const count = Number(text);
		if (/^\d+$/.test(text) && count <= max) return count;
		return complain(node, `${label} must be a whole number from 0 to ${max}`, context);
	};
}

/** One of some words. */
export function oneOf<const T extends string>(words: readonly T[]): Reader<T> {
	return (node, label, context) => {
		const text = readText(node, label, context);
		if (text === undefined || words.includes(text as T)) return text as T | undefined;
		return complain(node, `${label} cannot be ${shown(text)}${suggestion(text, words)}`, context);
	};
}

/** Several of what a reader reads, or one without a list around it. */
export function listOf<T>(read: Reader<T>): Reader<readonly T[]> {
	return (node, label, context) => {
		if (node.kind === "list" && node.items.length === 0)
			return complain(node, `${label} is an empty list`, context);
		const items = node.kind === "list" ? node.items : [node];
		const values = items.map((item) => read(item, label, context));
		return values.some((value) => value === undefined) ? undefined : (values as T[]);
	};
}

/** A command and its arguments. A text would have to be taken apart as a shell does it. */
export const readCommand: Reader<Words> = (node, label, context) => {
	if (node.kind === "list") return listOf(readWord)(node, label, context) as Words | undefined;
	return complain(node, `${label} is a list of words: [COMMAND, "ARGUMENT"]`, context);
};

/** Notes a problem; answers `undefined` so that a reader can end with it. */
export function complain(node: YamlNode, sentence: string, { problems }: Context): undefined {
	problems.add(node.offset, sentence);
}

function keysOf(schema: Schema): string[] {
	return Object.keys(schema);
}

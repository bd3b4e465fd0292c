import { DstaError } from "../errors.ts";
import { parseSecretPath, type SecretPath } from "../secret-path.ts";
import { checkVersions } from "./aws-settings.ts";
import { readOnChange } from "./change.ts";
import {
	type Context,
	complain,
	type Fields,
	oneOf,
	type Reader,
	readBoolean,
	readFields,
	readText,
	readWord,
	type Schema,
	shown,
} from "./fields.ts";
import { checkNames, exampleName, isName, isShowable, type NameNode, readNames } from "./names.ts";
import {
	findPair,
	isNothing,
	isNull,
	type MappingNode,
	type PairNode,
	type ScalarNode,
	type YamlNode,
} from "./node.ts";
import { readRotate } from "./rotate.ts";
import { DELIVERIES, ENCODINGS, type Entry } from "./secret-map.ts";
import { ENTRY_SETTINGS, pickSettings, readBackend, readChain, readPolicy } from "./settings.ts";
import { suggest } from "./suggest.ts";
import { misfitOf, VALUE_TYPES } from "./value-type.ts";
import { checkRawEntry } from "./vault-entry.ts";

const readDefault: Reader<string> = (node, label, context) => {
	if (node.kind !== "scalar")
		return complain(node, `${label} must be one text; put JSON in quotes: '{"a": 1}'`, context);
	if (!isNull(node)) return node.text;
	const value = node.text === "" ? "no value" : "the value null";
	return complain(
		node,
		`${label} has ${value}; put it in quotes if that is meant ("${node.text}"), or write optional: true`,
		context,
	);
};

const readMatch: Reader<RegExp> = (node, label, context) => {
	const source = readWord(node, label, context);
	if (source === undefined) return undefined;
	try {
		return new RegExp(source, "u");
	} catch (error) {
		const reason = (error as Error).message.split(": ").at(-1);
		return complain(node, `${label} is no regular expression: ${reason}`, context);
	}
};

const readVersion: Reader<string | number> = (node, label, context) => {
	const text = readWord(node, label, context);
	if (text === undefined || node.kind !== "scalar" || !node.isPlain || !/^[\d.+-]+$/.test(text)) return text;
	if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
	return complain(
		node,
		`${label} must be a number from 1 for Vault, or a version id or stage for AWS`,
		context,
	);
};

const readMode: Reader<number> = (node, label, context) => {
	const text = readText(node, label, context);
	if (text === undefined) return undefined;
	if (!/^(?:0|0o)?[0-7]{3}$/.test(text))
		return complain(node, `${label} must be permissions in octal digits, such as "0400"`, context);
	const mode = Number.parseInt(text.replace("o", ""), 8);
	if ((mode & 0o400) !== 0) return mode;
	return complain(node, `${label} ${text} does not let the command's own user read the file`, context);
};

/** The keys of an entry; what one backend has for a single entry is in ENTRY_SETTINGS. */
export const ENTRY = {
	env: readNames,
	default: readDefault,
	optional: readBoolean,
	backend: readBackend,
	chain: readChain,
	on: readPolicy,
	type: oneOf(VALUE_TYPES),
	match: readMatch,
	decode: oneOf(ENCODINGS),
	version: readVersion,
	...ENTRY_SETTINGS,
	as: oneOf(DELIVERIES),
	mode: readMode,
	on_change: readOnChange,
	rotate: readRotate,
} satisfies Schema;

/** What a line says: an entry unless something is wrong with it, and its names as far as they are right, with their places. */
export interface ReadEntry {
	readonly entry?: Entry;
	readonly names: readonly NameNode[];
}

/** Reads a line `path: NAME`, `path: [NAME, NAME]` or `path: { env: NAME, … }`. */
export function readEntry({ key, value }: PairNode, context: Context): ReadEntry {
	const { problems } = context;
	const before = problems.count;
	if (isSwapped(key.text, value)) {
		complain(key, `the sides are swapped: write ${value.text}: ${key.text}`, context);
		return { names: [] };
	}
	const path = readPath(key, context);
	const fields = readFieldsOf(key, value, context);
	const given = fields?.env ?? [];
	const names = path === undefined ? given : checkNames(given, path, context);
	if (path !== undefined && value.kind === "mapping") {
		checkCombinations(value, path, context);
		checkRawEntry(value, path, context);
	}
	if (value.kind === "mapping") checkVersions(value, context);
	if (fields?.default !== undefined) checkDefault(value, fields, context);
	if (problems.count > before || path === undefined || fields === undefined) return { names };
	const { env: _, vault: __, aws: ___, on_change: onChange, ...rest } = fields;
	const backends = pickSettings(fields, ENTRY_SETTINGS);
	const entry: Entry = {
		path,
		names: names.map(({ text }) => text),
		position: problems.positionOf(key.offset),
		...rest,
		...(onChange === undefined ? {} : { onChange }),
		...(Object.keys(backends).length === 0 ? {} : { backends }),
	};
	return { entry, names };
}

/** Whether a mapping under a path holds keys of an entry, rightly written or nearly so. */
export function looksLikeEntry(mapping: MappingNode): boolean {
	const { pairs } = mapping;
	if (pairs.some(({ key }) => Object.hasOwn(ENTRY, key.text))) return true;
	const known = Object.keys(ENTRY);
	return pairs.some(({ key }) => suggest(key.text, known) !== undefined);
}

function readFieldsOf(key: ScalarNode, value: YamlNode, context: Context): Fields<typeof ENTRY> | undefined {
	const path = key.text;
	if (value.kind === "mapping") return readEntryMapping(value, path, context);
	if (isNothing(value))
		return complain(key, `${shown(path)} has no variable name: write ${path}: ${exampleName(path)}`, context);
	const names = readNames(value, path, context);
	return names === undefined ? undefined : { env: names };
}

function readEntryMapping(
	mapping: MappingNode,
	path: string,
	context: Context,
): Fields<typeof ENTRY> | undefined {
	const nested = mapping.pairs[0]?.key.text;
	if (nested !== undefined && !looksLikeEntry(mapping)) {
		const sentence = `${shown(path)} has no key env; paths are not nested: write ${path}/${nested}: NAME in one line`;
		return complain(mapping, sentence, context);
	}
	const fields = readFields(mapping, ENTRY, { parent: "", context });
	// Of an env that is mistyped or wrong there is a complaint already.
	if (fields.env === undefined && !mapping.pairs.some(({ key }) => meansEnv(key.text)))
		complain(mapping, `${shown(path)} has no variable name: add env: ${exampleName(path)}`, context);
	return fields;
}

function meansEnv(key: string): boolean {
	return suggest(key, Object.keys(ENTRY)) === "env";
}

function readPath(key: ScalarNode, { problems }: Context): SecretPath | undefined {
	try {
		return parseSecretPath(key.text);
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		problems.add(key.offset, error.message);
		return undefined;
	}
}

function isSwapped(key: string, value: YamlNode): value is YamlNode & { readonly text: string } {
	if (value.kind !== "scalar" || !/^(?:[A-Za-z_]\w*)?\*?$/.test(key) || key === "") return false;
	// A base64 value holds slashes too: only what is written like a path is shown as one.
	if (isName(value.text) || !/[/#]/.test(value.text) || !isShowable(value.text)) return false;
	try {
		return parseSecretPath(value.text).text !== "";
	} catch {
		return false;
	}
}

function checkDefault(value: YamlNode, fields: Fields<typeof ENTRY>, { problems }: Context): void {
	const misfit = misfitOf(fields.default as string, fields);
	const place = value.kind === "mapping" ? findPair(value, "default")?.value : undefined;
	if (misfit !== undefined) problems.add((place ?? value).offset, `the default ${misfit}`);
}

function checkCombinations(mapping: MappingNode, path: SecretPath, { problems }: Context): void {
	const fallback = findPair(mapping, "default");
	if (fallback !== undefined && path.selector.kind === "all")
		problems.add(
			fallback.key.offset,
			`${path.text} stands for many variables, which cannot share a default; write optional: true or name them`,
		);
	const backend = findPair(mapping, "backend");
	const chain = findPair(mapping, "chain");
	if (backend !== undefined && chain !== undefined)
		problems.add(
			Math.max(backend.key.offset, chain.key.offset),
			"backend and chain exclude each other; keep one of them",
		);
	const mode = findPair(mapping, "mode");
	if (mode !== undefined && findPair(mapping, "as") === undefined)
		problems.add(mode.key.offset, "mode is that of a file: add as: file, or leave it out");
}

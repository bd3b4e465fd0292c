/*
 * The YAML that nearly every map is written in, read without the YAML parser, which takes longer to load than all the rest of a
 * start: lines `key: value`, nested by indentation, with texts that no rule of YAML gives another meaning, and lists and
 * mappings in brackets within a line. All else, every mistake included, is left to the parser. What both can read they read
 * alike, offsets included.
 */
import { MAX_ENTRIES } from "./form.ts";
import type { MappingNode, PairNode, ScalarNode, YamlNode } from "./node.ts";

const PRINTABLE_ASCII = /^[\n -~]*$/;
const NO_CONTENT = /^ *(?:#.*)?$/;
/** The indentation, the key, and what follows it. */
const LINE = /^( *)([\w/](?:[\w./#*+=@!-]|:(?=[\w/]))*|"[^"\\]*"):(?: +(?=[^ #])(.*)| *(?: #.*)?)$/;
const END_OF_LINE = / *(?: #.*)?$/y;

const QUOTED = /"[^"\\]*"|'[^']*'/y;
const TEXT = /[\w/](?:[\w./@+=%,~^*#${}|-]|:(?! |$))*/y;
const TEXT_IN_BRACKETS = /[\w/][\w./@+=%~^*-]*/y;

/** Longer keys are a mistake, and the parser says so. */
const MAX_LINE_CHARACTERS = 1000;
const MAX_DEPTH = 10;

interface Level {
	readonly indent: number;
	readonly pairs: PairNode[];
}

/** The mapping of a text; `undefined` where the parser has to read it. */
export function readPlainYaml(text: string): MappingNode | undefined {
	if (!PRINTABLE_ASCII.test(text)) return undefined;
	const open: Level[] = [];
	let root: MappingNode | undefined;
	/** The key whose value begins in a later line. */
	let waiting: ScalarNode | undefined;
	let count = 0;
	let next = 0;
	for (const line of text.split("\n")) {
		const start = next;
		next += line.length + 1;
		if (NO_CONTENT.test(line)) continue;
		const [, space, key, rest] = LINE.exec(line) ?? [];
		if (space === undefined || key === undefined || line.length > MAX_LINE_CHARACTERS) return undefined;
		if (++count > MAX_ENTRIES) return undefined;
		const indent = space.length;
		const offset = start + indent;
		if (waiting === undefined) while (open.length > 1 && indent < (open.at(-1) as Level).indent) open.pop();
		if (root === undefined || waiting !== undefined) {
			if (indent <= (open.at(-1)?.indent ?? -1) || open.length === MAX_DEPTH) return undefined;
			const mapping = { kind: "mapping", pairs: [] as PairNode[], offset } as const;
			if (waiting !== undefined) open.at(-1)?.pairs.push({ key: waiting, value: mapping });
			root ??= mapping;
			open.push({ indent, pairs: mapping.pairs });
			waiting = undefined;
		}
		const level = open.at(-1) as Level;
		if (level.indent !== indent) return undefined;
		const keyNode = toScalar(key, offset);
		if (rest === undefined) {
			waiting = keyNode;
			continue;
		}
		const reader = { line, start, at: line.length - rest.length };
		const value = readValue(reader, TEXT);
		if (value === undefined || take(reader, END_OF_LINE) === undefined) return undefined;
		level.pairs.push({ key: keyNode, value });
	}
	return waiting === undefined ? root : undefined;
}

/** A place in a line that begins at an offset of the whole. */
interface LineReader {
	readonly line: string;
	readonly start: number;
	at: number;
}

function readValue(reader: LineReader, text: RegExp, depth = 0): YamlNode | undefined {
	if (depth === MAX_DEPTH) return undefined;
	const offset = reader.start + reader.at;
	if (take(reader, LIST_BEGINS) !== undefined) {
		const items = readItems(reader, LIST_ENDS, () => readValue(reader, TEXT_IN_BRACKETS, depth + 1));
		return items && { kind: "list", items, offset };
	}
	if (take(reader, MAPPING_BEGINS) !== undefined) {
		const pairs = readItems(reader, MAPPING_ENDS, () => readPair(reader, depth + 1));
		return pairs && { kind: "mapping", pairs, offset };
	}
	return readScalar(reader, text);
}

const LIST_BEGINS = /\[ */y;
const LIST_ENDS = / *\]/y;
const MAPPING_BEGINS = /\{ */y;
const MAPPING_ENDS = / *\}/y;
const COMMA = / *, */y;
const COLON = /: +/y;

function readItems<Item>(
	reader: LineReader,
	end: RegExp,
	readItem: () => Item | undefined,
): readonly Item[] | undefined {
	const items: Item[] = [];
	while (take(reader, end) === undefined) {
		if (items.length > 0 && take(reader, COMMA) === undefined) return undefined;
		const item = readItem();
		if (item === undefined) return undefined;
		items.push(item);
	}
	return items;
}

function readPair(reader: LineReader, depth: number): PairNode | undefined {
	const key = readScalar(reader, TEXT_IN_BRACKETS);
	if (key === undefined || take(reader, COLON) === undefined) return undefined;
	const value = readValue(reader, TEXT_IN_BRACKETS, depth);
	return value && { key, value };
}

function readScalar(reader: LineReader, text: RegExp): ScalarNode | undefined {
	const offset = reader.start + reader.at;
	const written = take(reader, QUOTED) ?? take(reader, text);
	return written === undefined ? undefined : toScalar(written, offset);
}

function toScalar(written: string, offset: number): ScalarNode {
	const isPlain = !/^["']/.test(written);
	const text = isPlain ? written : written.slice(1, -1);
	return { kind: "scalar", text, isPlain, offset, length: written.length };
}

/** What a sticky pattern matches here, and goes on behind it. */
function take(reader: LineReader, pattern: RegExp): string | undefined {
	pattern.lastIndex = reader.at;
	const match = pattern.exec(reader.line)?.[0];
	if (match !== undefined) reader.at += match.length;
	return match;
}

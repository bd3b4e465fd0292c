import { DstaError } from "../../errors.ts";
import { lineAt } from "./draft.ts";

/** A value of the HashiCorp Configuration Language as far as envconsul uses it, JSON included. */
export type HclValue = string | number | boolean | readonly HclValue[] | HclBody;

/** What stands in a block: keys may repeat. */
export interface HclBody {
	readonly pairs: readonly { readonly key: string; readonly value: HclValue; readonly offset: number }[];
}

/**
 * Reads `key = value`, `block { … }`, lists, comments, and JSON.
 * @throws {DstaError} DSTA_CONFIG the text is something else; the message names the place and none of the text
 */
export function parseHcl(text: string, file: string): HclBody {
	const reader: Reader = { text, file, at: 0 };
	skipBlank(reader);
	const isJson = take(reader, /\{/y) !== undefined;
	const body = readBody(reader, isJson);
	if (reader.at < text.length) throw unreadable(reader);
	return body;
}

/** The bodies of the blocks of a name, which JSON may hold in lists. */
export function blocksOf({ pairs }: HclBody, name: string): readonly HclBody[] {
	const values = pairs.filter(({ key }) => key === name).map(({ value }) => value);
	return values.flat().filter((value) => isBody(value));
}

/** The last value of a key. */
export function lastValue({ pairs }: HclBody, key: string): HclValue | undefined {
	return pairs.findLast((pair) => pair.key === key)?.value;
}

export function isBody(value: HclValue | undefined): value is HclBody {
	return typeof value === "object" && "pairs" in value;
}

interface Reader {
	readonly text: string;
	readonly file: string;
	at: number;
}

function readBody(reader: Reader, isBlock: boolean): HclBody {
	const pairs: { key: string; value: HclValue; offset: number }[] = [];
	for (;;) {
		skipBlank(reader);
		if (isBlock ? take(reader, /\}/y) !== undefined : reader.at === reader.text.length) break;
		const offset = reader.at;
		const key = take(reader, /[A-Za-z_][\w.-]*/y) ?? readQuoted(reader);
		if (key === undefined) throw unreadable(reader);
		skipBlank(reader);
		const hasSign = take(reader, /[=:]/y) !== undefined;
		skipBlank(reader);
		if (!hasSign && reader.text[reader.at] !== "{") throw unreadable(reader);
		pairs.push({ key, value: readValue(reader), offset });
		skipBlank(reader);
		take(reader, /,/y);
	}
	skipBlank(reader);
	return { pairs };
}

function readValue(reader: Reader): HclValue {
	if (take(reader, /\{/y) !== undefined) return readBody(reader, true);
	if (take(reader, /\[/y) !== undefined) return readList(reader);
	const word = take(reader, /true\b|false\b|-?\d+(?:\.\d+)?/y);
	if (word !== undefined) return word === "true" ? true : word === "false" ? false : Number(word);
	const text = readQuoted(reader) ?? readHeredoc(reader);
	if (text === undefined) throw unreadable(reader);
	return text;
}

function readList(reader: Reader): readonly HclValue[] {
	const values: HclValue[] = [];
	for (;;) {
		skipBlank(reader);
		if (take(reader, /\]/y) !== undefined) return values;
		values.push(readValue(reader));
		skipBlank(reader);
		if (take(reader, /,/y) === undefined && reader.text[reader.at] !== "]") throw unreadable(reader);
	}
}

function readQuoted(reader: Reader): string | undefined {
	const quoted = take(reader, /"(?:[^"\\\n]|\\.)*"/y);
	return quoted
		?.slice(1, -1)
		.replace(/\\(.)/g, (_, mark: string) => ({ n: "\n", t: "\t", r: "\r" })[mark] ?? mark);
}

function readHeredoc(reader: Reader): string | undefined {
	const [, end] = /^<<-?(\w+)[^\S\n]*\n/.exec(reader.text.slice(reader.at)) ?? [];
	if (end === undefined) return undefined;
	const whole = take(
		reader,
		new RegExp(`<<-?${end}[^\\S\\n]*\\n[\\s\\S]*?\\n[^\\S\\n]*${end}(?=\\n|$)`, "y"),
	);
	return whole?.split("\n").slice(1, -1).join("\n");
}

function skipBlank(reader: Reader): void {
	take(reader, /(?:\s+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y);
}

function take(reader: Reader, pattern: RegExp): string | undefined {
	pattern.lastIndex = reader.at;
	const match = pattern.exec(reader.text)?.[0];
	if (match !== undefined) reader.at += match.length;
	return match;
}

function unreadable({ at, file, text }: Reader): DstaError {
	return new DstaError("DSTA_CONFIG", `${file}:${lineAt(text, at)}: this is no HCL that envconsul reads`, {
		cure: "Correct the line, or name the kind of the file with --kind.",
	});
}

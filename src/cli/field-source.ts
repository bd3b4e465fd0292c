import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { DstaError } from "../errors.ts";
import type { Host } from "./host.ts";
import { usage } from "./mistakes.ts";

/** Where the value of one field comes from. */
export interface FieldSource {
	readonly key: string;
	readonly from: "argument" | "file" | "stdin" | "prompt";
	/** The value of an argument, or the name of a file. */
	readonly text: string;
}

/**
 * Reads words such as `key=value`, `key=@file`, `key=-` and `key`.
 * @throws {DstaError} DSTA_USAGE they make no fields
 */
export function parseSources(words: readonly string[]): readonly FieldSource[] {
	const sources = words.map(parseSource);
	const keys = sources.map(({ key }) => key);
	const twice = keys.find((key, index) => keys.indexOf(key) !== index);
	if (twice !== undefined) throw wrongWords(`The field ${twice} is given twice`);
	if (sources.filter(({ from }) => from === "stdin").length > 1)
		throw wrongWords("Only one field can come from standard input");
	return sources;
}

/**
 * Gets the values; warns of those that others can see.
 * @throws {DstaError} DSTA_USAGE a value was not given · DSTA_FILE_NOT_FOUND, DSTA_INVALID_VALUE a file is none to read
 */
export async function readFields(sources: readonly FieldSource[], host: Host): Promise<Map<string, string>> {
	const visible = sources
		.filter(({ from, text }) => from === "argument" && text !== "")
		.map(({ key }) => key);
	if (visible.length > 0)
		host.log(
			"warn",
			`the value of ${visible.join(", ")} stands in the command line, where other users can see it`,
			{
				event: "put.visible",
				lines: [
					`fix: use ${visible[0]}=- (standard input), ${visible[0]}=@FILE, or ${visible[0]} alone (a hidden prompt)`,
				],
			},
		);
	const prompted = sources.filter(({ from }) => from === "prompt").map(({ key }) => key);
	const fromInput = sources.filter(({ from }) => from === "stdin").length;
	if (prompted.length > 0 && prompted.length + fromInput > 1 && !host.process.stdin.isTTY)
		throw usage(
			`Only one field can come from standard input, which is no terminal to ask for ${prompted.join(", ")} on`,
			`Give the others as files: ${prompted[0]}=@FILE`,
		);
	const fields = new Map<string, string>();
	for (const source of sources) fields.set(source.key, await readField(source, host));
	return fields;
}

async function readField({ key, from, text }: FieldSource, host: Host): Promise<string> {
	if (from === "argument") return text;
	if (from === "file") return readValueFile(key, resolve(host.cwd, text));
	const { stdin } = host.process;
	if (from === "prompt" && stdin.isTTY) {
		const { askHidden } = await import("./prompt.ts");
		return askHidden(host, `${key}: `);
	}
	const chunks: Buffer[] = [];
	for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
	const value = textOf(Buffer.concat(chunks), "standard input");
	if (value !== "") return value;
	// What should have written it may have failed.
	throw usage(
		`There is no value for ${key}: standard input is empty${from === "prompt" ? ", and no terminal to ask on" : ""}`,
		`Write it to standard input; an empty value is meant by ${key}= in the command line.`,
	);
}

function readValueFile(key: string, file: string): string {
	try {
		return textOf(readFileSync(file), `The file for ${key}`);
	} catch (error) {
		if (error instanceof DstaError) throw error;
		// It is not named: a value that begins with @ looks like a file.
		throw new DstaError(
			"DSTA_FILE_NOT_FOUND",
			`The file for ${key} cannot be read: ${(error as NodeJS.ErrnoException).code}`,
			{ cure: `Name a readable file after ${key}=@; a value that itself begins with @ comes by ${key}=-.` },
		);
	}
}

// A single line loses its end, which editors and echo add; of several lines (PEM) all is kept.
function textOf(bytes: Buffer, origin: string): string {
	try {
		const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
		return text.replace(/^([^\n]*?)\r?\n$/, "$1");
	} catch {
		throw new DstaError("DSTA_INVALID_VALUE", `${origin} is not UTF-8 text`, {
			cure: "Encode it (base64) and say decode: base64 in the map.",
		});
	}
}

/** Words of `put` that make no sense; the message must not repeat what may be a value. */
export function wrongWords(message: string): DstaError {
	return usage(
		message,
		"Write: dsta-run put exchange/binance api_key=@FILE api_secret=-, or dsta-run put exchange/binance/api_key for a prompt.",
	);
}

function parseSource(word: string): FieldSource {
	const equals = word.indexOf("=");
	const key = equals < 0 ? word : word.slice(0, equals);
	const text = word.slice(equals + 1);
	// What has no "=" may be a value that was meant for a field: it is not repeated.
	if (key === "" || (equals < 0 && !/^[\w.-]+$/.test(key))) throw wrongWords("A field is written key=value");
	if (equals < 0) return { key, from: "prompt", text: "" };
	if (text === "-") return { key, from: "stdin", text: "" };
	return text.startsWith("@") ? { key, from: "file", text: text.slice(1) } : { key, from: "argument", text };
}

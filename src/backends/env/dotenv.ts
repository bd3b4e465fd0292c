import { DstaError } from "../../errors.ts";

/**
 * Reads the variables of a dotenv text; a later line wins over an earlier one of the same name.
 * The rules are those of python-dotenv without interpolation: a `#` begins a comment only after white space, single quotes keep
 * everything but `\'` and `\\`, double quotes know `\n \r \t \" \\ \$`, both may span lines, `export` may stand before a name.
 * @throws {DstaError} DSTA_CONFIG a line is none of these; the message names its number and never its content
 */
export function parseDotenv(text: string, file: string): Map<string, string> {
	return new Map(parseAssignments(text, file).map(({ name, value }) => [name, value]));
}

/** One `NAME=value`, and its place. */
export interface Assignment {
	readonly name: string;
	readonly value: string;
	/** Where it begins and where the next line begins, in the text with `\n` for every end of a line and without a byte order mark. */
	readonly start: number;
	readonly end: number;
}

/**
 * Reads a dotenv text as `parseDotenv` does, every assignment in it.
 * @throws {DstaError} as `parseDotenv`
 */
export function parseAssignments(text: string, file: string): readonly Assignment[] {
	const source = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
	const assignments: Assignment[] = [];
	LINE.lastIndex = 0;
	while (LINE.lastIndex < source.length) {
		const start = LINE.lastIndex;
		const match = LINE.exec(source);
		if (match === null) throw badLine(file, source, start);
		const { name, single, double, plain } = match.groups as Record<string, string | undefined>;
		if (name === undefined) continue;
		const value =
			single?.replace(/\\(['\\])/g, "$1") ??
			double?.replace(/\\([\s\S])/g, unescapeCharacter) ??
			cutComment(plain as string);
		assignments.push({ name, value, start, end: LINE.lastIndex });
	}
	return assignments;
}

// One line: an assignment, or nothing but white space and a comment.
const BLANK = String.raw`[^\S\n]*`;
const LINE: RegExp = new RegExp(
	String.raw`${BLANK}(?:(?:export[^\S\n]+)?(?<name>[^\s=#'"]+)${BLANK}=(?:` +
		String.raw`${BLANK}'(?<single>[^'\\]*(?:\\[\s\S][^'\\]*)*)'${BLANK}(?:#[^\n]*)?|` +
		String.raw`${BLANK}"(?<double>[^"\\]*(?:\\[\s\S][^"\\]*)*)"${BLANK}(?:#[^\n]*)?|` +
		String.raw`(?!${BLANK}['"])(?<plain>[^\n]*)` +
		String.raw`)|#[^\n]*)?(?:\n|$)`,
	"y",
);

function cutComment(text: string): string {
	for (let hash = text.indexOf("#"); hash >= 0; hash = text.indexOf("#", hash + 1))
		if (/\s/.test(text.charAt(hash - 1))) return text.slice(0, hash).trim();
	return text.trim();
}

function unescapeCharacter(whole: string, character: string): string {
	return { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\", $: "$" }[character] ?? whole;
}

function badLine(file: string, source: string, offset: number): DstaError {
	const line = source.slice(0, offset).split("\n").length;
	return new DstaError("DSTA_CONFIG", `${file}:${line}: this is neither NAME=value nor a comment`, {
		backend: "env",
		cure: "Write NAME=value; put a value with spaces at its ends, quotes or several lines into quotes and close them.",
	});
}

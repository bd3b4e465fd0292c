import { runInNewContext } from "node:vm";

/** The name of what a value must look like. */
export type ValueType = "string" | "int" | "number" | "bool" | "port" | "url" | "json" | "pem";
export const VALUE_TYPES: readonly ValueType[] = [
	"string",
	"int",
	"number",
	"bool",
	"port",
	"url",
	"json",
	"pem",
];

/** Why a text does not fit a type or a pattern, as the end of a sentence that shows nothing of it; `undefined` if it fits. */
export function misfitOf(
	text: string,
	{ match, type }: { readonly type?: ValueType | undefined; readonly match?: RegExp | undefined },
): string | undefined {
	if (type !== undefined && !TYPE_CHECKS[type](text)) return `is not ${TYPE_WORDS[type]} (type: ${type})`;
	if (match === undefined) return undefined;
	const isMatch = testWithin(match, text);
	if (isMatch === undefined)
		return `takes too long to compare with ${match.source}, which can be written in a simpler way`;
	return isMatch ? undefined : `does not match ${match.source}`;
}

const MATCH_MS = 1000;

// A pattern such as ^(a+)+$ can take years, in which this process hears of no signal and no deadline.
function testWithin(match: RegExp, text: string): boolean | undefined {
	if (!NESTED.test(match.source)) return match.test(text);
	try {
		return runInNewContext("match.test(text)", { match, text }, { timeout: MATCH_MS });
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return undefined;
		throw error;
	}
}

// Whatever repeats a group, or repeats what one has found: only such patterns take exponential time.
const NESTED = /\)[*+{?]|\\[1-9k]/;

const TYPE_CHECKS: Readonly<Record<ValueType, (text: string) => boolean>> = {
	string: () => true,
	int: (text) => /^[+-]?\d+$/.test(text),
	number: (text) => /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text),
	bool: (text) => /^(?:true|false|yes|no|on|off|1|0)$/i.test(text),
	port: (text) => /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65535,
	url: (text) => /^[a-z][a-z0-9+.-]*:\S+$/i.test(text) && URL.canParse(text),
	json: isJson,
	pem: (text) => /-----BEGIN ([A-Z0-9 ]+)-----\r?\n[\s\S]+?\r?\n-----END \1-----/.test(text),
};

const TYPE_WORDS: Readonly<Record<ValueType, string>> = {
	string: "a string",
	int: "a whole number",
	number: "a number",
	bool: "true or false, yes or no, on or off, 1 or 0",
	port: "a port from 1 to 65535",
	url: "a URL",
	json: "JSON",
	pem: "a PEM block",
};

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

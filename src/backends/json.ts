import type { SecretValue } from "./backend.ts";

/** More levels than any secret needs, and few enough for every recursive reader of the result. */
const MAX_DEPTH = 500;

/**
 * Reads JSON. A number that a double cannot hold keeps its text, as raw JSON; every key becomes an own property.
 * @throws {SyntaxError} the text is no JSON; unlike the runtime's own error it shows none of it
 * @throws {RangeError} it nests over 500 levels deep
 */
export function parseJson(text: string): SecretValue {
	return parse(text, MAY_HOLD_LONG_NUMBER.test(text) ? keepLongNumber : undefined);
}

/**
 * Reads JSON to write it again: every number keeps its text, be it 1.10 or -0.
 * @throws {SyntaxError} and {RangeError} as `parseJson`
 */
export function parseJsonVerbatim(text: string): SecretValue {
	return parse(text, keepNumber);
}

function parse(text: string, reviver: typeof keepNumber | undefined): SecretValue {
	if (isTooDeep(text)) throw new RangeError(`JSON over ${MAX_DEPTH} levels deep`);
	try {
		return JSON.parse(text, reviver);
	} catch {
		throw new SyntaxError("Not JSON");
	}
}

// A reviver costs several times the parsing, and up to 15 digits without an exponent always fit a double.
const MAY_HOLD_LONG_NUMBER = /\d[\d.]{15}|\d[eE]/;

function keepLongNumber(key: string, value: unknown, context?: Source): unknown {
	const isLong = context?.source !== undefined && !isSameNumber(context.source, String(value));
	return isLong ? keepNumber(key, value, context) : value;
}

function keepNumber(_key: string, value: unknown, context?: Source): unknown {
	const source = context?.source;
	return typeof value === "number" && source !== undefined && rawJson !== undefined ? rawJson(source) : value;
}

/** What a reviver hears of a primitive. */
interface Source {
	readonly source?: string;
}

// Not every runtime has it, and TypeScript's library does not know it yet.
const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON?: (text: string) => unknown };

function isSameNumber(left: string, right: string): boolean {
	return canonical(left) === canonical(right);
}

// 1.10, 11e-1 and 1.1 are one number: significant digits without outer zeros, and the place of the point.
function canonical(number: string): string {
	const [, sign = "", whole = "", fraction = "", exponent = "0"] =
		/^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
	if (whole === "") return number;
	const digits = `${whole}${fraction}`.replace(/^0+/, "");
	const significant = digits.replace(/0+$/, "");
	if (significant === "") return "0";
	const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
	return `${sign}${significant}e${power}`;
}

function isTooDeep(text: string): boolean {
	let depth = 0;
	let inString = false;
	for (let index = 0; index < text.length; index++) {
		const code = text.charCodeAt(index);
		if (inString) {
			if (code === BACKSLASH) index++;
			else if (code === QUOTE) inString = false;
		} else if (code === QUOTE) inString = true;
		else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
			if (++depth > MAX_DEPTH) return true;
		} else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth--;
	}
	return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

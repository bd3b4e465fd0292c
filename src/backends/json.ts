import type { SecretValue } from "./backend.ts";

/** More levels than any secret needs, and few enough for every recursive reader of the result. */
const MAX_DEPTH = 500;

/**
 * Reads JSON. Every number keeps its text, be it 1.10, -0 or too long for a double: as raw JSON where the runtime would
 * write it differently. Every key becomes an own property.
 * @throws {SyntaxError} the text is no JSON; unlike the runtime's own error it shows none of it
 * @throws {RangeError} it nests over 500 levels deep
 */
export function parseJson(text: string): SecretValue {
	if (isTooDeep(text)) throw new RangeError(`JSON over ${MAX_DEPTH} levels deep`);
	try {
		return JSON.parse(text, MAY_HOLD_ODD_NUMBER.test(text) ? keepText : undefined);
	} catch {
		throw new SyntaxError("Not JSON");
	}
}

// A reviver costs several times the parsing, and up to 15 digits without a point or an exponent are written as they were read.
// Where a number may begin, that is: in a string there can be anything, but for what stands before a colon, as in a time.
const MAY_HOLD_ODD_NUMBER = /(?:^|["\s]:|[[,])\s*(?:-?\d+[.eE]|-?\d{16}|-0)/;

function keepText(_key: string, value: unknown, { source }: Source = {}): unknown {
	if (typeof value !== "number" || source === undefined || source === String(value)) return value;
	return rawJson === undefined ? value : rawJson(source);
}

/** What a reviver hears of a primitive. */
interface Source {
	readonly source?: string;
}

// Not every runtime has it, and TypeScript's library does not know it yet.
const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON?: (text: string) => unknown };

function isTooDeep(text: string): boolean {
	// Far faster than to look at each character, and no level is without one.
	if (countOf(text, "[") + countOf(text, "{") <= MAX_DEPTH) return false;
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

function countOf(text: string, character: string): number {
	let count = 0;
	for (let index = text.indexOf(character); index >= 0; index = text.indexOf(character, index + 1)) count++;
	return count;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

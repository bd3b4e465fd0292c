import { constants } from "node:os";
import { either, type JsonSchema } from "./json-schema.ts";

/*
 * A map reads every scalar as the text that is written, an editor as what YAML makes of it: 5432 is a number to it, and true a
 * boolean. So a text may be one of these as well.
 */

export const TEXT: JsonSchema = { type: ["string", "number", "boolean"] };
export const WORD: JsonSchema = { ...TEXT, minLength: 1 };

export const BOOLEAN: JsonSchema = either(
	{ type: "boolean" },
	{ enum: [0, 1] },
	pattern(/^(?:[01]|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|[Oo][Ff]{2})$/),
);

/** A text of this form. */
export function pattern({ source }: RegExp): JsonSchema {
	return { type: "string", pattern: source };
}

export function oneOf(words: readonly (string | number | boolean)[]): JsonSchema {
	return { enum: words };
}

/** A duration, at most so many seconds. */
export function durationUpTo(maximum: number): JsonSchema {
	return either(
		{ type: "number", exclusiveMinimum: 0, maximum },
		pattern(/^\s*(?=[^m]*[1-9])\d+(?:\.\d+)?(?:ms|[smhd])?\s*$/),
	);
}

/** What a timer can wait. */
const LONGEST = 2_147_483.647;

export const DURATION: JsonSchema = durationUpTo(LONGEST);

/** A duration, or none. */
export const PAUSE: JsonSchema = either(
	{ type: "number", minimum: 0, maximum: LONGEST },
	pattern(/^\s*\d+(?:\.\d+)?(?:ms|[smhd])?\s*$/),
);

export function countUpTo(maximum: number, minimum = 0): JsonSchema {
	return either({ type: "integer", minimum, maximum }, pattern(minimum === 0 ? /^\d+$/ : /^0*[1-9]\d*$/));
}

/** One, or a list of them. */
export function listOf(items: JsonSchema): JsonSchema {
	return either(items, { type: "array", minItems: 1, items });
}

/** A command and its arguments; no shell reads them. */
export const COMMAND: JsonSchema = { type: "array", minItems: 1, items: WORD };

export const NAME: JsonSchema = pattern(/^[A-Za-z_][A-Za-z0-9_]*$/);

const SIGNALS: readonly string[] = Object.keys(constants.signals).map((name) => name.replace(/^SIG/, ""));

/** A signal by its name, with or without SIG, but for some. */
export function signalBut(others: readonly string[]): JsonSchema {
	const names = SIGNALS.filter((name) => !others.includes(name));
	return oneOf([...names, ...names.map((name) => `SIG${name}`)]);
}

export const SIGNAL: JsonSchema = signalBut([]);

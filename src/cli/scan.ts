import { parseArgs } from "node:util";
import { type Operand, unknownOption, usage } from "./mistakes.ts";
import { isCommandName, OPTIONS, type OptionName } from "./usage.ts";

/** The options that were given, by name, with all values of each. */
export type Given = ReadonlyMap<OptionName, readonly string[]>;

/** What stands before `--`. */
export interface Words {
	readonly given: Given;
	readonly operands: readonly Operand[];
}

/**
 * Tells options from operands; behind a first operand that is no subcommand it does not look any further.
 * @throws {DstaError} DSTA_USAGE an option is unknown, lacks its value or takes none
 */
export function scanWords(words: readonly string[]): Words {
	const options = Object.fromEntries(
		Object.entries(OPTIONS).map(([name, { short, value }]) => [
			name,
			{
				type: value === undefined ? ("boolean" as const) : ("string" as const),
				...(short === undefined ? {} : { short }),
			},
		]),
	);
	const { tokens } = parseArgs({
		args: [...words],
		options,
		strict: false,
		allowPositionals: true,
		tokens: true,
	});
	const given = new Map<OptionName, string[]>();
	const operands: Operand[] = [];
	for (const token of tokens) {
		if (token.kind === "positional") operands.push({ word: token.value, index: token.index });
		if (operands[0] !== undefined && !isCommandName(operands[0].word)) break;
		if (token.kind !== "option") continue;
		if (!isOptionName(token.name)) throw unknownOption(token.rawName);
		const { value } = OPTIONS[token.name];
		if (value !== undefined && (token.value === undefined || (!token.inlineValue && /^-./.test(token.value))))
			throw usage(
				`${token.rawName} needs a value`,
				`Write ${token.rawName}${token.rawName.startsWith("--") ? "=" : " "}${value}.`,
			);
		if (value === undefined && token.value !== undefined)
			throw usage(`${token.rawName} takes no value`, `Write ${token.rawName} alone.`);
		given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? ""]);
	}
	return { given, operands };
}

function isOptionName(name: string): name is OptionName {
	return Object.hasOwn(OPTIONS, name);
}

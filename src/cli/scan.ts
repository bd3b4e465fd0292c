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
 * Tells options from operands by the rules of getopt_long(3); behind a first operand that is no subcommand it does not look any
 * further. Without util.parseArgs, since node:util takes longer to load than this whole start takes to read its map.
 * @throws {DstaError} DSTA_USAGE an option is unknown, lacks its value or takes none
 */
export function scanWords(words: readonly string[]): Words {
	const given = new Map<OptionName, string[]>();
	const operands: Operand[] = [];
	for (let index = 0; index < words.length; index++) {
		const word = words[index] as string;
		if (!/^-./.test(word)) operands.push({ word, index });
		if (operands[0] !== undefined && !isCommandName(operands[0].word)) break;
		for (const { attached, name: rawName, written } of readOptions(word)) {
			// Of a secret, and not of this program.
			const name = rawName === "version" && operands[0]?.word === "get" ? "secret-version" : rawName;
			if (!isOptionName(name)) throw unknownOption(written);
			const { value: placeholder } = OPTIONS[name];
			if (placeholder === undefined && attached !== undefined)
				throw usage(`${written} takes no value`, `Write ${written} alone.`);
			const value = placeholder === undefined ? "" : (attached ?? words[++index]);
			if (value === undefined || (attached === undefined && /^-./.test(value)))
				throw usage(
					`${written} needs a value`,
					`Write ${written}${written.startsWith("--") ? "=" : " "}${placeholder}.`,
				);
			given.set(name, [...(given.get(name) ?? []), value]);
		}
	}
	return { given, operands };
}

interface WrittenOption {
	/** Without its value: `--map`, `-m`. */
	readonly written: string;
	readonly name: string | undefined;
	/** The value in the same word. */
	readonly attached?: string | undefined;
}

/** The options in one word. */
export function readOptions(word: string): readonly WrittenOption[] {
	if (!/^-./.test(word)) return [];
	if (!word.startsWith("--")) return readLetters(word);
	const end = word.indexOf("=", 3);
	const written = end < 0 ? word : word.slice(0, end);
	return [{ written, name: written.slice(2), attached: end < 0 ? undefined : word.slice(end + 1) }];
}

// `-q`, `-qh` for several flags, `-mFILE` for one with a value.
function readLetters(word: string): readonly WrittenOption[] {
	const options: WrittenOption[] = [];
	for (let at = 1; at < word.length; at++) {
		const letter = word.charAt(at);
		const name = OPTION_NAMES.find((name) => OPTIONS[name].short === letter);
		const takesRest = name !== undefined && OPTIONS[name].value !== undefined;
		const attached = takesRest && at + 1 < word.length ? word.slice(at + 1) : undefined;
		options.push({ written: `-${letter}`, name, attached });
		if (takesRest) break;
	}
	return options;
}

const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

function isOptionName(name: string | undefined): name is OptionName {
	return name !== undefined && Object.hasOwn(OPTIONS, name);
}

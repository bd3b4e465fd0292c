import { DstaError } from "../errors.ts";
import { suggest } from "../map/suggest.ts";
import { COMMANDS, OPTIONS } from "./usage.ts";

/** A word that is no option, and its place in the line. */
export interface Operand {
	readonly word: string;
	readonly index: number;
}

/** An option that there is none of. */
export function unknownOption(rawName: string): DstaError {
	const meant = suggest(rawName.replace(/^-+/, ""), Object.keys(OPTIONS));
	return usage(
		`There is no option ${rawName}${meant === undefined ? "" : `; did you mean --${meant}?`}`,
		"See dsta-run --help; options of the command itself stand after --.",
	);
}

/** A first word that is no subcommand, be it misspelt or a command whose `--` was forgotten. */
export function unknownCommand(args: readonly string[], { index, word }: Operand): DstaError {
	const meant = suggest(word, Object.keys(COMMANDS));
	if (meant === undefined)
		return usage(
			`"${word}" is no subcommand`,
			`To run it as a command, put -- before it: ${withSeparator(args, index)}`,
		);
	// The rest of the line may hold a value for put.
	return usage(
		`"${word}" is no subcommand`,
		`Did you mean dsta-run ${meant}? To run it as a command, put -- before it: dsta-run -- ${quote(word)} …`,
	);
}

/** A word of a command before its `--`. */
export function misplaced(args: readonly string[], { index, word }: Operand): DstaError {
	return usage(`"${word}" stands before --`, `Put -- before the command: ${withSeparator(args, index)}`);
}

function withSeparator(args: readonly string[], index: number): string {
	return ["dsta-run", ...args.slice(0, index), "--", ...args.slice(index)].map(quote).join(" ");
}

function quote(word: string): string {
	return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A mistake on the command line. */
export function usage(message: string, cure: string): DstaError {
	return new DstaError("DSTA_USAGE", message, { cure });
}

import { DstaError } from "../errors.ts";
import { parseSecretPath, type SecretPath } from "../secret-path.ts";
import { type Context, shown } from "./fields.ts";
import { placeIn, type ScalarNode } from "./node.ts";
import { type Entry, FILTERS, type Filter, type Insertion } from "./secret-map.ts";
import { suggestion } from "./suggest.ts";

/** What the templates of one map may speak of. */
export interface Scope {
	/** The entry that a path is read by. */
	readonly sourceOf: (path: SecretPath) => Entry;
	/** The names of all templates and of all variables, as far as they are no paths of entries as well. */
	readonly templates: ReadonlySet<string>;
	readonly variables: ReadonlySet<string>;
	readonly context: Context;
}

/** What the braces of a `${path|filter}` hold, and its index in the text of the template. */
export interface Braces {
	readonly node: ScalarNode;
	readonly inside: string;
	readonly index: number;
}

/** Reads `path|filter|filter`; notes what is wrong and answers `undefined` then. */
export function readInsertion({ index, inside, node }: Braces, scope: Scope): Insertion | undefined {
	const [path, ...filters] = splitWords(inside).map(({ at, text }) => ({
		text,
		offset: placeIn(node, index + at),
	})) as [Word, ...Word[]];
	const source = readSource(path, scope);
	const read = filters.map((filter) => readFilter(filter, scope.context));
	return source === undefined || read.includes(undefined) ? undefined : { source, filters: read as Filter[] };
}

interface Word {
	readonly text: string;
	readonly offset: number;
}

/** The words between bars, without the spaces around them, each with its index. */
function splitWords(inside: string): { readonly text: string; readonly at: number }[] {
	let end = -1;
	return inside.split("|").map((piece) => {
		const start = end + 1;
		end = start + piece.length;
		return { text: piece.trim(), at: start + piece.length - piece.trimStart().length };
	});
}

function readSource({ offset, text }: Word, scope: Scope): Entry | undefined {
	const { problems } = scope.context;
	const mistake = findMistake(text, scope);
	if (mistake !== undefined) return void problems.add(offset, mistake);
	try {
		const path = parseSecretPath(text);
		if (path.selector.kind !== "all") return scope.sourceOf(path);
		problems.add(offset, `${shown(text)} stands for many values: name one, ${path.secret}/FIELD`);
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		problems.add(offset, error.message);
	}
	return undefined;
}

/** Why a text that could be a path is none here. */
function findMistake(text: string, { templates, variables }: Scope): string | undefined {
	if (text === "") return `the braces name no secret: write \${path}, or $$\{ for the text \${`;
	if (templates.has(text)) return `${text} is a template, which no other can hold: write what it holds`;
	if (variables.has(text)) return `${text} is a variable: write the path of its line`;
	// What follows may be a value.
	if (text.includes(":-")) return "a default is no part of a template: give the path an entry that has one";
	return undefined;
}

function readFilter({ offset, text }: Word, { problems }: Context): Filter | undefined {
	if (FILTERS.includes(text as Filter)) return text as Filter;
	// Where a brace is misplaced, it may be a value.
	const subject = /^\w{1,20}$/.test(text) ? shown(text) : "this";
	return void problems.add(offset, `${subject} is no filter${suggestion(text, FILTERS)}`);
}

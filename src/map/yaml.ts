import { Composer, type Document, isAlias, isMap, isScalar, isSeq, Lexer, Parser } from "yaml";
import { EXAMPLE_LINE, MAX_ENTRIES } from "./form.ts";
import {
	isNothing,
	type ListNode,
	type MappingNode,
	type PairNode,
	type ScalarNode,
	type YamlNode,
} from "./node.ts";
import { MAX_MAP_BYTES } from "./parse.ts";
import type { Problems } from "./problems.ts";
import { describeLoneText, describeSyntax, isLocal, type SyntaxMistake } from "./syntax.ts";

/** The deepest legal nesting is a list in a mapping in an entry: far below this. */
const MAX_DEPTH = 20;

/** The one document of a map; `undefined` when it cannot be used at all, and then problems say why. */
export function readYaml(text: string, problems: Problems): YamlNode | undefined {
	return readRoot({ text, problems, quoteStarts: new Map(), keepsTags: false });
}

/** The one document of a configuration of others, which tags may give meaning to: each is beside its scalar. */
export function readTaggedYaml(text: string, problems: Problems): YamlNode | undefined {
	return readRoot({ text, problems, quoteStarts: new Map(), keepsTags: true });
}

function readRoot(source: Source): YamlNode | undefined {
	const { keepsTags, problems, text } = source;
	if (Buffer.byteLength(text) > MAX_MAP_BYTES)
		return void problems.add(0, `a map has at most ${MAX_MAP_BYTES} bytes`);
	const documents = composeDocuments(source);
	const document = documents?.[0];
	if (documents === undefined || document === undefined) return undefined;
	// What it only warns of is a mistake here too, but not a closing bracket at the start of a line.
	const harmless = keepsTags ? ["BAD_INDENT", "TAG_RESOLVE_FAILED"] : ["BAD_INDENT"];
	const warnings = document.warnings.filter(({ code }) => !harmless.includes(code));
	for (const { code, message, pos } of [...document.errors, ...warnings])
		noteSyntax({ code, message, offset: pos[0] }, source);
	if (documents[1] !== undefined)
		noteSyntax({ code: "MULTIPLE_DOCS", message: "", offset: startOf(documents[1], text) }, source);
	if (!document.errors.every(isLocal)) return undefined;
	const root = document.contents === null ? undefined : toNode(document.contents, source);
	if (root !== undefined && root.kind !== "scalar") return root;
	if (root === undefined || isNothing(root))
		problems.addSyntax(0, `the map is empty: write ${EXAMPLE_LINE}, or {} for a map of nothing`);
	else problems.addSyntax(root.offset, describeLoneText(text, root.offset));
	return undefined;
}

interface Source {
	readonly text: string;
	readonly problems: Problems;
	/** Where each quoted text begins, by its end. */
	readonly quoteStarts: Map<number, number>;
	readonly keepsTags: boolean;
}

// The composer and the reading of its nodes recurse, so the depth is checked while the parser, which does not, builds its tree.
function composeDocuments({ text, problems, quoteStarts }: Source): Document[] | undefined {
	const parser = new Parser();
	const composer = new Composer(COMPOSER_OPTIONS);
	const documents: Document[] = [];
	for (const lexeme of new Lexer().lex(text)) {
		const { offset } = parser;
		if (lexeme.startsWith('"') || lexeme.startsWith("'")) quoteStarts.set(offset + lexeme.length, offset);
		for (const token of parser.next(lexeme)) documents.push(...(composer.next(token) as Iterable<Document>));
		if (parser.stack.length > MAX_DEPTH) {
			problems.add(offset, `a map is nested at most ${MAX_DEPTH} levels deep`);
			return undefined;
		}
		const top = parser.stack.at(-1);
		if (top !== undefined && "items" in top && top.items.length > MAX_ENTRIES + 1) {
			problems.add(offset, `a map has at most ${MAX_ENTRIES} entries`);
			return undefined;
		}
	}
	for (const token of parser.end()) documents.push(...(composer.next(token) as Iterable<Document>));
	documents.push(...(composer.end(true, text.length) as Iterable<Document>));
	return documents;
}

/**
 * All scalars stay texts (`failsafe`), so that `NO`, `0x10` and `1.10` are what the user wrote.
 * The parser's own check for repeated keys is quadratic; ours is in readFields and readLines.
 */
const COMPOSER_OPTIONS = {
	schema: "failsafe",
	uniqueKeys: false,
	prettyErrors: false,
	logLevel: "silent",
} as const;

function noteSyntax(mistake: SyntaxMistake, { text, problems, quoteStarts }: Source): void {
	const isOpenQuote = mistake.code === "MISSING_CHAR" && mistake.message.includes("quote");
	const offset = isOpenQuote ? (quoteStarts.get(mistake.offset) ?? mistake.offset) : mistake.offset;
	problems.addSyntax(offset, describeSyntax({ ...mistake, offset }, text));
}

function startOf({ range }: Document, text: string): number {
	const [start] = range as unknown as [number];
	return Math.max(0, text.lastIndexOf("---", start));
}

function toNode(node: unknown, source: Source): YamlNode {
	if (isScalar(node)) {
		const text = node.source ?? "";
		const [offset, end] = node.range as unknown as [number, number];
		checkProperties(node, offset, source);
		const isPlain = node.type === "PLAIN";
		const { tag } = node;
		const tagged = source.keepsTags && tag !== undefined ? { tag } : {};
		return { kind: "scalar", text, isPlain, ...tagged, offset, length: end - offset } satisfies ScalarNode;
	}
	const [offset] = (node as { range: [number] }).range;
	if (isAlias(node)) {
		source.problems.addSyntax(
			offset,
			describeSyntax({ code: "BAD_ALIAS", message: "", offset }, source.text),
		);
		return { kind: "scalar", text: node.source, isPlain: false, offset, length: 0 };
	}
	checkProperties(node as Properties, offset, source);
	if (isMap(node)) {
		const pairs = node.items.map(({ key, value }) => toPair(key, value, source));
		return { kind: "mapping", pairs, offset } satisfies MappingNode;
	}
	const items = isSeq(node) ? node.items.map((item) => toNode(item, source)) : [];
	return { kind: "list", items, offset } satisfies ListNode;
}

function toPair(key: unknown, value: unknown, source: Source): PairNode {
	const keyNode = toNode(key, source);
	const { offset } = keyNode;
	if (keyNode.kind !== "scalar") source.problems.addSyntax(offset, "a key must be one text");
	const scalar: ScalarNode =
		keyNode.kind === "scalar" ? keyNode : { kind: "scalar", text: "", isPlain: false, offset, length: 0 };
	// A key alone in braces ({ a }) has no value node.
	const valueNode: YamlNode =
		value === null ? { kind: "scalar", text: "", isPlain: true, offset, length: 0 } : toNode(value, source);
	return { key: scalar, value: valueNode };
}

interface Properties {
	readonly anchor?: string | undefined;
	readonly tag?: string | undefined;
}

function checkProperties({ anchor, tag }: Properties, offset: number, source: Source): void {
	if (anchor === undefined && (tag === undefined || source.keepsTags)) return;
	const [mark, code] = anchor === undefined ? ["!", "TAG_RESOLVE_FAILED"] : ["&", "BAD_ALIAS"];
	let start = Math.max(0, source.text.lastIndexOf(mark as string, offset));
	if (source.text[start - 1] === "!") start--;
	noteSyntax({ code: code as string, message: "", offset: start }, source);
}

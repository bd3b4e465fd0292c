/** A mistake as the YAML parser names it. Its message is for telling cases apart only: it may quote a default. */
export interface SyntaxMistake {
	readonly code: string;
	readonly message: string;
	readonly offset: number;
}

/** Whether a mistake leaves the rest of the document readable. */
export function isLocal({ code }: Pick<SyntaxMistake, "code">): boolean {
	return LOCAL_CODES.has(code);
}

/** Says in our words what is wrong with the YAML and what to write instead. */
export function describeSyntax({ code, message, offset }: SyntaxMistake, text: string): string {
	switch (code) {
		case "BAD_SCALAR_START":
			return `a text cannot begin with ${text[offset]} in YAML: put it in quotes`;
		case "BAD_ALIAS":
			return ALIAS;
		case "TAG_RESOLVE_FAILED":
			return "a text cannot begin with ! in YAML, where that is a tag: put it in quotes";
		case "BAD_DQ_ESCAPE":
			return "a \\ in double quotes begins an escape, and this is none: write \\\\, or use single quotes";
		case "TAB_AS_INDENT":
			return "a tab cannot indent a line in YAML: use spaces";
		case "BLOCK_AS_IMPLICIT_KEY":
			return describeNested(message, text, offset);
		case "KEY_OVER_1024_CHARS":
			return "a key is longer than 1024 characters";
		case "MULTILINE_IMPLICIT_KEY":
			return describeLoneText(text, offset);
		case "BAD_DIRECTIVE":
			return "a line that begins with % is a directive, which a map does not need";
		case "MULTIPLE_DOCS":
			return "a second document begins here, and a map is one: take out the line ---, or make it two files";
		case "BAD_INDENT":
			return /flow/i.test(message) ? UNCLOSED_FLOW : BAD_INDENT;
		case "MISSING_CHAR":
			return describeMissing(message, text, offset);
		default:
			// What follows an alias is out of place to the parser.
			if (/^\s*[*&]/.test(lineAround(text, offset))) return ALIAS;
			return message.includes("block-seq-ind") ? MISPLACED_LIST : NOT_YAML;
	}
}

const LOCAL_CODES: ReadonlySet<string> = new Set([
	"BAD_SCALAR_START",
	"BAD_ALIAS",
	"BAD_DQ_ESCAPE",
	"ALIAS_PROPS",
	"MULTIPLE_DOCS",
]);

const NOT_YAML =
	"this is not YAML: put a text with special characters in quotes, and begin the lines of one level in one column";
const ALIAS =
	'a text cannot begin with * or & in YAML, where that is an alias or an anchor: put it in quotes, "*"';
const MISPLACED_LIST =
	'a list cannot begin here: put each "- NAME" in a line of its own, or write [NAME, NAME]';
const BAD_INDENT = "wrong indentation: the lines of one level begin in one column";
const UNCLOSED_FLOW = "a [ or { is not closed before this";

function describeMissing(message: string, text: string, offset: number): string {
	if (message.includes("quote")) return "a quote is opened here and not closed";
	if (message.includes("end with")) return UNCLOSED_FLOW;
	if (message.includes("Missing space after :")) return "a space must follow the colon";
	if (message.includes("Missing ,")) return "a comma is missing before this";
	if (message.includes("need to be followed by map values")) return describeLoneText(text, offset);
	if (message.includes("Comments must be separated"))
		return "a space must stand before a # that begins a comment";
	return "this is not YAML: a character is missing here; put a text with special characters in quotes";
}

function describeNested(message: string, text: string, offset: number): string {
	if (message.includes("sequence")) return MISPLACED_LIST;
	// A line that is indented too far continues the text before it.
	return /:(?:\s|$)/.test(restOfLine(text, offset))
		? 'a second ": " in one line: put the text that holds it in quotes'
		: "wrong indentation: the next line is indented further than this one, so that it continues it";
}

/** Says what is wrong with a text that stands where a line `path: NAME` should. */
export function describeLoneText(text: string, offset: number): string {
	const line = restOfLine(text, offset);
	if (/^[*&]/.test(line)) return ALIAS;
	if (/^\S+\s+#\S/.test(line))
		return 'a # after a space begins a comment, which hides the ": " of this line: put the path in quotes';
	if (/^[^\s:]+:[^\s:]/.test(line)) return "a space must follow the colon";
	return 'this has no ": ": a map is lines such as exchange/binance/api_key: BINANCE_API_KEY';
}

function lineAround(text: string, offset: number): string {
	return restOfLine(text, text.lastIndexOf("\n", offset - 1) + 1);
}

function restOfLine(text: string, offset: number): string {
	const end = text.indexOf("\n", offset);
	return text.slice(offset, end < 0 ? undefined : end);
}

import { isUtf8 } from "node:buffer";

/** How many characters a value must have to be replaced: shorter ones are in any text by chance. */
export const LEAST_CHARACTERS = 4;

/** How many characters a piece of a value must have that is wrapped into lines. */
const LEAST_OF_PIECE = 8;

/** Where `base64`, PEM and `xxd -p` begin a new line. */
const BASE64_WIDTHS = [64, 76];
const HEX_WIDTHS = [60];

/** The forms in which a value and its lines may be written, as bytes; none for a value that is too short. */
export function formsOf(value: Buffer): readonly Buffer[] {
	const forms = new Map<string, Buffer>();
	for (const part of [value, ...linesOf(value)])
		if (isLongEnough(part))
			for (const form of [part, ...encodedForms(part), ...(isUtf8(part) ? textForms(part.toString()) : [])]) {
				const bytes = Buffer.from(form);
				forms.set(bytes.toString("latin1"), bytes);
			}
	return [...forms.values()];
}

/** Whether a value has enough characters to be replaced. */
export function isLongEnough(value: Buffer): boolean {
	return (isUtf8(value) ? [...value.toString()] : value).length >= LEAST_CHARACTERS;
}

/** The lines of a value where they are not all of it, without the space around them and the public first and last line of a key. */
function linesOf(value: Buffer): readonly Buffer[] {
	const text = value.toString("latin1");
	// Programs make lines of a key that was written on one.
	const breaks = text.includes("-----BEGIN ") ? /\r\n|\n|\r|\\n/ : /\r\n|\n|\r/;
	const lines = text.split(breaks);
	return lines
		.map((line) => line.replace(/^[ \t]+|[ \t]+$/g, ""))
		.filter((line) => line !== text && !/^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/.test(line))
		.map((line) => Buffer.from(line, "latin1"));
}

function encodedForms(value: Buffer): readonly string[] {
	const hex = value.toString("hex");
	// What `echo "$SECRET" | base64` gives has a newline behind it.
	const withNewline = Buffer.concat([value, Buffer.from("\n")]);
	const standard = [value, withNewline].flatMap((bytes) => [
		...base64Forms(bytes),
		...piecesOf(bytes.toString("base64"), BASE64_WIDTHS),
	]);
	const hexadecimal = [hex, ...piecesOf(hex, HEX_WIDTHS)];
	return [
		...standard,
		...standard.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
		...hexadecimal,
		...hexadecimal.map((text) => text.toUpperCase()),
	];
}

/**
 * The base64 of a value wherever it stands in a longer text that is encoded: at each of the three places that it can begin at, without
 * the first and last character, which its neighbours decide as well; and as the end of the text, where nothing does.
 */
function base64Forms(value: Buffer): readonly string[] {
	return [0, 1, 2].flatMap((before) => {
		const text = Buffer.concat([Buffer.alloc(before), value]).toString("base64");
		const atEnd = text.slice(Math.ceil((before * 8) / 6));
		const own = Math.floor(((before + value.length) * 8) / 6) - Math.ceil((before * 8) / 6);
		return [atEnd.slice(0, own), atEnd.replace(/=+$/, ""), atEnd];
	});
}

function piecesOf(text: string, widths: readonly number[]): readonly string[] {
	return widths
		.filter((width) => text.length > width)
		.flatMap((width) => text.match(new RegExp(`.{${LEAST_OF_PIECE},${width}}`, "g")) ?? []);
}

function textForms(value: string): readonly string[] {
	return [...urlForms(value), ...jsonForms(value), ...shellForms(value)];
}

function urlForms(value: string): readonly string[] {
	const component = encodeURIComponent(value);
	const strict = component.replace(/[!'()*]/g, (mark) => `%${hexOf(mark, 2).toUpperCase()}`);
	const form = new URLSearchParams([["", value]]).toString().slice(1);
	const all = [component, strict, component.replaceAll("%2F", "/"), encodeURI(value), form];
	const inLowerCase = all.map((text) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
	return [...all, ...inLowerCase];
}

/** Within quotes, as the libraries of various languages write it. */
function jsonForms(value: string): readonly string[] {
	const plain = JSON.stringify(value).slice(1, -1);
	const ascii = escapeMatches(plain, /[\u007f-\uffff]/g);
	const forHtml = escapeMatches(plain, /[<>&\u2028\u2029]/g);
	return [plain, ascii, forHtml].flatMap((text) => [
		text,
		text.replaceAll("/", "\\/"),
		text.replace(/\\u[0-9a-f]{4}/g, (code) => `\\u${code.slice(2).toUpperCase()}`),
	]);
}

function escapeMatches(text: string, pattern: RegExp): string {
	return text.replace(pattern, (mark) => `\\u${hexOf(mark, 4)}`);
}

function shellForms(value: string): readonly string[] {
	return [
		value.replaceAll("'", "'\\''"),
		value.replaceAll("'", "'\"'\"'"),
		value.replace(/["$`\\]/g, "\\$&"),
		// As `printf %q` of bash writes it, with and without what is special at the beginning of a word alone; and with control characters.
		value.replace(/[^\w@%+=:./\u0080-\uffff-]/g, "\\$&"),
		value.replace(/[^\w@%+=:./\u0080-\uffff~#-]/g, "\\$&"),
		value
			.replace(/[\\']/g, "\\$&")
			.replace(/[\u0000-\u001f\u007f]/g, (mark) => ANSI_C[mark] ?? `\\${octalOf(mark)}`),
	];
}

const ANSI_C: Readonly<Record<string, string>> = {
	"\u0007": "\\a",
	"\b": "\\b",
	"\t": "\\t",
	"\n": "\\n",
	"\v": "\\v",
	"\f": "\\f",
	"\r": "\\r",
	"\u001b": "\\E",
};

function hexOf(mark: string, digits: number): string {
	return mark.charCodeAt(0).toString(16).padStart(digits, "0");
}

function octalOf(mark: string): string {
	return mark.charCodeAt(0).toString(8).padStart(3, "0");
}

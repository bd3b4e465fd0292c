import { DstaError } from "./errors.ts";

/** Which part of a secret a path selects. */
export type Selector =
	/** The whole secret: a path of one segment. */
	| { readonly kind: "whole" }
	/** One field; `explicit` when it was written with `#`, so that no other reading of the path is tried. */
	| { readonly kind: "field"; readonly key: string; readonly explicit: boolean }
	/** The value at a JSON pointer (RFC 6901), as unescaped reference tokens. */
	| { readonly kind: "pointer"; readonly tokens: readonly string[] }
	/** Every field: a path that ends in `/*`. */
	| { readonly kind: "all" };

/** A path such as `exchange/binance/api_key`, taken apart. */
export interface SecretPath {
	/** The path as the user wrote it. */
	readonly text: string;
	/** The secret that holds the value: `exchange/binance` for `exchange/binance/api_key`. */
	readonly secret: string;
	/** Which part of that secret is meant. */
	readonly selector: Selector;
}

/**
 * Reads `a/b/c` (field c of a/b), `a/b#c` (the same outright), `a/b#/x/y` (JSON pointer), `a/b/*` (every field)
 * and `a` (the whole secret). The ARN of a secret is one segment, slashes in its name included.
 * @throws {DstaError} DSTA_MAP the text is no path
 */
export function parseSecretPath(text: string): SecretPath {
	const hash = text.indexOf("#");
	const location = hash < 0 ? text : text.slice(0, hash);
	const segments = text.startsWith("arn:") ? parseArn(text, location) : parseSegments(text, location);
	if (hash >= 0) {
		if (segments.includes("*")) throw invalidPath(text, 'a "*" cannot be combined with "#"');
		return { text, secret: location, selector: parseFragment(text, text.slice(hash + 1)) };
	}
	const last = segments.at(-1) as string;
	const secret = segments.slice(0, -1).join("/");
	if (last === "*") {
		if (secret === "") throw invalidPath(text, 'a "*" needs a secret before it');
		return { text, secret, selector: { kind: "all" } };
	}
	if (secret === "") return { text, secret: last, selector: { kind: "whole" } };
	return { text, secret, selector: { kind: "field", key: last, explicit: false } };
}

/**
 * Reads the path of a secret as a whole, or of a folder of secrets: every segment belongs to its name.
 * @throws {DstaError} DSTA_MAP the text is no path
 */
export function parseSecretName(text: string): string {
	if (text.includes("#") || text.includes("*"))
		throw invalidPath(text, 'no "#" and no "*" may stand here', NAME_FORM);
	return parseSegments(text, text, NAME_FORM).join("/");
}

/** Whether a secret is named by its ARN, which is that of one at AWS Secrets Manager. */
export function isArn(secret: string): boolean {
	return ARN.test(secret);
}

/** The region in the ARN of a secret; `undefined` where the secret is named otherwise. */
export function regionOfArn(secret: string): string | undefined {
	return ARN.exec(secret)?.[1];
}

const ARN = /^arn:aws[\w-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:[\w/+=.@!-]+$/;

/** The usual name of a path or key as a variable: `exchange/binance/api-key` is EXCHANGE_BINANCE_API_KEY. */
export function toVariable(text: string): string {
	return text.toUpperCase().replace(/[-./ ]/g, "_");
}

function parseArn(text: string, location: string): string[] {
	const arn = location.replace(/\/\*$/, "");
	if (!isArn(arn))
		throw invalidPath(
			text,
			"an ARN must be that of a secret, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME, and a field of it follows a #",
		);
	return arn === location ? [arn] : [arn, "*"];
}

function parseSegments(text: string, location: string, forms = FORMS): string[] {
	if (location === "") throw invalidPath(text, "it is empty", forms);
	if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u.test(text))
		throw invalidPath(text, "it holds a control character", forms);
	if (!text.isWellFormed()) throw invalidPath(text, "it is not valid Unicode", forms);
	const segments = location.split("/");
	for (const [index, segment] of segments.entries()) {
		if (segment === "") throw invalidPath(text, emptySegmentReason(location), forms);
		if (segment === "." || segment === "..") throw invalidPath(text, `it has a segment "${segment}"`, forms);
		if (segment.includes("*") && (segment !== "*" || index !== segments.length - 1))
			throw invalidPath(text, 'a "*" may only stand for the whole last segment', forms);
	}
	return segments;
}

function emptySegmentReason(location: string): string {
	if (location.startsWith("/")) return 'it begins with "/"';
	if (location.endsWith("/")) return 'it ends with "/"';
	return "it has an empty segment";
}

function parseFragment(text: string, fragment: string): Selector {
	if (fragment === "") throw invalidPath(text, 'nothing follows its "#"');
	if (!fragment.startsWith("/")) return { kind: "field", key: fragment, explicit: true };
	if (/~(?![01])/.test(fragment)) throw invalidPath(text, '"~" in a JSON pointer is written "~0"');
	const tokens = fragment
		.slice(1)
		.split("/")
		.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
	return { kind: "pointer", tokens };
}

const NAME_FORM = "folder/secret";
const FORMS = "folder/secret/field, folder/secret#field, folder/secret#/json/pointer or folder/secret/*";

function invalidPath(text: string, reason: string, forms = FORMS): DstaError {
	const shown = JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
	return new DstaError("DSTA_MAP", `${shown} is no secret path: ${reason}`, {
		path: text,
		cure: `Write segments joined by single slashes: ${forms}.`,
	});
}

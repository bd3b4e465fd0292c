import type { SecretValue } from "../backend.ts";
import { parseJson } from "../json.ts";

/** What AWS stores of a secret: text, or bytes. */
export interface Stored {
	readonly SecretString?: string | undefined;
	readonly SecretBinary?: Uint8Array | undefined;
}

/** By what was stored, since each of hundreds of fields may ask for it. */
const contents = new WeakMap<Stored, SecretValue>();

/**
 * The content of a secret: a JSON object or array where its text is one, else the text itself; bytes are given as base64.
 * @throws {RangeError} it nests too deep
 */
export function contentOf(stored: Stored): SecretValue {
	const content = contents.get(stored) ?? parse(stored);
	contents.set(stored, content);
	return content;
}

function parse({ SecretBinary, SecretString }: Stored): SecretValue {
	if (SecretString === undefined) return Buffer.from(SecretBinary ?? []).toString("base64");
	if (!/^\s*[[{]/.test(SecretString)) return SecretString;
	try {
		return parseJson(SecretString);
	} catch (error) {
		if (error instanceof SyntaxError) return SecretString;
		throw error;
	}
}

import { DstaError } from "../errors.ts";

/** What changes the texts beside a secret. */
export interface Annotating {
	readonly secret: string;
	readonly changes: ReadonlyMap<string, string | undefined>;
	readonly signal: AbortSignal;
}

const CHARACTERS = /^[\w .:/=+@-]+$/;
const MAX_NAME = 128;
const MAX_TEXT = 256;

/**
 * Makes sure that annotations can be kept by each backend that keeps any.
 * @throws {DstaError} DSTA_CONFIG a name or a text cannot
 */
export function checkAnnotations(
	changes: Annotating["changes"],
	{ backend, secret }: Pick<Annotating, "secret"> & { readonly backend: string },
): void {
	for (const [name, text = "-"] of changes) {
		const fault = faultOf("name", name, MAX_NAME) ?? faultOf("text", text, MAX_TEXT);
		if (fault === undefined) continue;
		throw new DstaError("DSTA_CONFIG", `${JSON.stringify(name)} cannot be kept beside ${secret}: ${fault}`, {
			backend,
			path: secret,
			cure: `Keep a name of up to ${MAX_NAME} and a text of up to ${MAX_TEXT} ASCII letters, digits, spaces and characters of _ . : / = + - @`,
		});
	}
}

function faultOf(what: string, text: string, max: number): string | undefined {
	if (text === "") return `its ${what} is empty`;
	if (text.length > max) return `its ${what} has over ${max} characters`;
	if (!CHARACTERS.test(text)) return `its ${what} has characters that not every backend takes`;
	return what === "name" && /^aws:/i.test(text) ? "names that begin with aws: are AWS's own" : undefined;
}

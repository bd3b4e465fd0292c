/** How generators of values are written, for messages. */
export const GENERATORS = [
	"alnum:LENGTH",
	"ascii:LENGTH",
	"hex:BYTES",
	"base64:BYTES",
	"base64url:BYTES",
	"uuid",
];

/** What makes a new value. */
export type Generator =
	/** Characters: letters and digits, or everything that can be printed. */
	| { readonly kind: "alnum" | "ascii"; readonly size: number }
	/** Bytes, and what they are encoded in. */
	| { readonly kind: "hex" | "base64" | "base64url"; readonly size: number }
	| { readonly kind: "uuid" };

const MOST = 4096;

/** Reads a generator; `undefined` where the text is none. */
export function parseGenerator(text: string): Generator | undefined {
	if (text === "uuid") return { kind: "uuid" };
	const [, kind, digits] = /^(alnum|ascii|hex|base64|base64url):([1-9]\d{0,3})$/.exec(text) ?? [];
	const size = Number(digits);
	if (kind === undefined || size > MOST) return undefined;
	return { kind: kind as "alnum" | "hex", size };
}

import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { type Generator, parseGenerator } from "../map/generator.ts";

/** A new value by a generator such as `alnum:32`; each that it can make is as likely as any other. */
export function generateValue(generator: Generator): string {
	switch (generator.kind) {
		case "uuid":
			return randomUUID();
		case "alnum":
		case "ascii":
			return charactersOf(ALPHABETS[generator.kind], generator.size);
		default:
			return randomBytes(generator.size).toString(generator.kind);
	}
}

/** As `generateValue`, of a text that was looked at before. */
export function generateBy(text: string): string {
	return generateValue(parseGenerator(text) as Generator);
}

const ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// Without the space, which gets lost at an end.
const ALPHABETS = {
	alnum: ALNUM,
	ascii: `${ALNUM}!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~`,
} as const;

// randomInt has no bias towards some of the characters, as a remainder would.
function charactersOf(alphabet: string, count: number): string {
	return Array.from({ length: count }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}

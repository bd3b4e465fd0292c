import { createHmac, randomBytes } from "node:crypto";

/** The hash of a value under a key of this process: equal for equal values, and of no use to anybody else. */
export type Print = (value: string) => string;

/** Makes the hash of a new key. */
export function createPrint(): Print {
	const key = randomBytes(32);
	// By its code units: what stands for bytes that are no text has no UTF-8 of its own.
	return (value) => createHmac("sha256", key).update(Buffer.from(value, "utf16le")).digest("base64");
}

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/**
 * The form of a sealed text: what it is and the version of the form, a nonce that is new each time, the text under AES-256-GCM, and
 * its tag, which holds the first part as well.
 */
const HEADER = Buffer.from("dsta-run snapshot 1\n");
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = "aes-256-gcm";

/** Encrypts a text, so that only who has the key can read or change it. */
export function seal(text: string, key: Buffer): Buffer {
	const nonce = randomBytes(NONCE_BYTES);
	const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(HEADER);
	const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
	return Buffer.concat([HEADER, nonce, sealed, cipher.getAuthTag()]);
}

/** The text; `undefined` where it was sealed with another key, or changed or cut since. */
export function unseal(bytes: Buffer, key: Buffer): string | undefined {
	const nonceEnd = HEADER.length + NONCE_BYTES;
	if (!isSealed(bytes) || bytes.length < nonceEnd + TAG_BYTES) return undefined;
	const nonce = bytes.subarray(HEADER.length, nonceEnd);
	const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
		.setAAD(HEADER)
		.setAuthTag(bytes.subarray(-TAG_BYTES));
	try {
		const text = decipher.update(bytes.subarray(nonceEnd, -TAG_BYTES));
		return Buffer.concat([text, decipher.final()]).toString("utf8");
	} catch {
		return undefined;
	}
}

/** Whether bytes begin as what `seal` makes. */
export function isSealed(bytes: Buffer): boolean {
	return bytes.subarray(0, HEADER.length).equals(HEADER);
}

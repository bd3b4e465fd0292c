/*
 * Environment and arguments are bytes, of which most are UTF-8. Those that are not are each kept as a lone surrogate, U+DC80 to
 * U+DCFF, which valid text never holds: whatever works with text works with these as well, and the bytes come back as they were.
 */

const ESCAPES = 0xdc00;

/** Bytes as text, from which `encodeText` makes the same bytes again. */
export function decodeBytes(bytes: Buffer): string {
	const text = bytes.toString();
	// Most are UTF-8, and then there is nothing to keep.
	if (!text.includes("\ufffd") || bytes.equals(Buffer.from(text))) return text;
	let decoded = "";
	for (let at = 0; at < bytes.length; ) {
		const size = characterSize(bytes, at);
		decoded +=
			size === 0 ? String.fromCharCode(ESCAPES + byteAt(bytes, at)) : bytes.toString("utf8", at, at + size);
		at += size || 1;
	}
	return decoded;
}

/** The bytes of a text. */
export function encodeText(text: string): Buffer {
	if (text.isWellFormed()) return Buffer.from(text);
	const parts = text.split(/([\udc80-\udcff])/u);
	return Buffer.concat(
		parts.map((part, index) =>
			index % 2 === 1 ? Buffer.from([part.charCodeAt(0) - ESCAPES]) : Buffer.from(part),
		),
	);
}

/** How many bytes the character at a place has; 0 where there is none. */
function characterSize(bytes: Buffer, at: number): number {
	const first = byteAt(bytes, at);
	const size =
		first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
	if (size < 2) return size;
	const character = bytes.subarray(at, at + size);
	return character.equals(Buffer.from(character.toString())) ? size : 0;
}

function byteAt(bytes: Buffer, at: number): number {
	return bytes[at] as number;
}

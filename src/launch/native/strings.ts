import { encodeText } from "./bytes.ts";
import type { Address, Libc } from "./libc.ts";

/** What libc reads at an address; the memory is to be kept for as long as it does. */
export interface LaidOut {
	readonly address: Address;
	readonly memory: readonly NodeJS.TypedArray[];
}

/** Lays a text out as libc takes it, byte for byte. */
export function layOutText(libc: Libc, text: string): LaidOut {
	const bytes = Buffer.concat([encodeText(text), NUL]);
	return { address: libc.addressOf(bytes), memory: [bytes] };
}

/** Lays texts out as libc takes arguments and an environment: an array of addresses that ends with a null. */
export function layOutTexts(libc: Libc, texts: readonly string[]): LaidOut {
	const bytes = Buffer.concat(texts.flatMap((text) => [encodeText(text), NUL]));
	const addresses = new BigUint64Array(texts.length + 1);
	let address = bytes.length === 0 ? 0 : libc.addressOf(bytes);
	let offset = 0;
	for (let index = 0; index < texts.length; index++) {
		const end = bytes.indexOf(0, offset) + 1;
		addresses[index] = BigInt(address);
		address += end - offset;
		offset = end;
	}
	return { address: libc.addressOf(addresses), memory: [bytes, addresses] };
}

const NUL = Buffer.alloc(1);

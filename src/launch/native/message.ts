import type { Libc } from "./libc.ts";
import type { LaidOut } from "./strings.ts";

/** What comes with the bytes of a message. */
export interface Ancillary {
	/** The pid of the process that has sent it. */
	readonly sender: number | undefined;
	readonly descriptors: readonly number[];
}

export interface Parts {
	/** The address to send to. */
	readonly name?: Uint8Array;
	/** What is sent, or room for what is received. */
	readonly bytes: Uint8Array;
	/** What goes along with what is sent. */
	readonly descriptors?: readonly number[];
	/** Room for what comes along with what is received. */
	readonly ancillary?: Uint8Array;
}

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const SCM_CREDENTIALS = 2;
const HEADER_BYTES = 16;
const DESCRIPTOR_BYTES = 4;

/** Lays out a `struct msghdr`, which sendmsg and recvmsg take, with what it points to: https://man7.org/linux/man-pages/man2/recv.2.html */
export function layOutMessage(libc: Libc, { bytes, descriptors = [], name, ancillary }: Parts): LaidOut {
	const control = ancillary ?? encodeDescriptors(descriptors);
	const vector = BigUint64Array.of(...placeOf(libc, bytes));
	const header = BigUint64Array.of(
		...placeOf(libc, name),
		...[BigInt(libc.addressOf(vector)), 1n],
		...placeOf(libc, control),
		0n,
	);
	return {
		address: libc.addressOf(header),
		memory: [header, vector, bytes, control, ...(name ? [name] : [])],
	};
}

/** Reads what was received along with the bytes of a message, in a sequence of `struct cmsghdr`. */
export function readAncillary(ancillary: Buffer): Ancillary {
	const descriptors: number[] = [];
	let sender: number | undefined;
	for (let at = 0; at + HEADER_BYTES <= ancillary.length; ) {
		const size = Number(ancillary.readBigUInt64LE(at));
		if (size < HEADER_BYTES) break;
		const kind = ancillary.readInt32LE(at + 12);
		if (kind === SCM_CREDENTIALS) sender = ancillary.readInt32LE(at + HEADER_BYTES);
		if (kind === SCM_RIGHTS)
			for (let place = at + HEADER_BYTES; place < at + size; place += DESCRIPTOR_BYTES)
				descriptors.push(ancillary.readInt32LE(place));
		at += aligned(size);
	}
	return { sender, descriptors };
}

function encodeDescriptors(descriptors: readonly number[]): Buffer {
	if (descriptors.length === 0) return Buffer.alloc(0);
	const size = HEADER_BYTES + descriptors.length * DESCRIPTOR_BYTES;
	const control = Buffer.alloc(aligned(size));
	control.writeBigUInt64LE(BigInt(size));
	control.writeInt32LE(SOL_SOCKET, 8);
	control.writeInt32LE(SCM_RIGHTS, 12);
	descriptors.forEach((descriptor, index) => {
		control.writeInt32LE(descriptor, HEADER_BYTES + index * DESCRIPTOR_BYTES);
	});
	return control;
}

function placeOf(libc: Libc, memory: Uint8Array | undefined): readonly [bigint, bigint] {
	const size = memory?.length ?? 0;
	return [size === 0 ? 0n : BigInt(libc.addressOf(memory as Uint8Array)), BigInt(size)];
}

function aligned(size: number): number {
	return Math.ceil(size / 8) * 8;
}

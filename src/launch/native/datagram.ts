import { constants } from "node:os";
import { encodeText } from "./bytes.ts";
import type { Libc } from "./libc.ts";
import { type Ancillary, layOutMessage, readAncillary } from "./message.ts";
import { codeOf } from "./program.ts";

/** A socket for datagrams between the processes of this machine: unix(7). */
export interface DatagramSocket {
	/**
	 * Sends bytes, and descriptors with them, to an address as NOTIFY_SOCKET holds it. Returns why it could not: `ENOENT`, or
	 * `EAGAIN` where the receiver has no room now.
	 */
	send(address: string, bytes: Uint8Array, descriptors?: readonly number[]): string | undefined;
	/** Takes an address that nobody else has, and tells it. From now on a SIGCHLD comes whenever something may be received. */
	listen(pid: number): string;
	/** The next datagram that has come; `undefined` when there is none. Its descriptors are the caller's to close. */
	receive(): Datagram | undefined;
	close(descriptor?: number): void;
}

export interface Datagram extends Ancillary {
	readonly bytes: Uint8Array;
}

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 0o2000002;
const SOL_SOCKET = 1;
const SO_PASSCRED = 16;
const MSG_DONTWAIT = 0x40;
const MSG_CMSG_CLOEXEC = 0x40000000;
const F_SETFL = 4;
const F_SETOWN = 8;
const F_SETSIG = 10;
const O_ASYNC = 0o20000;

const FAMILY_BYTES = 2;
const ADDRESS_BYTES = 110;
/** Twice what systemd takes. */
const DATAGRAM_BYTES = 8192;
/** For the sender's credentials and the 253 descriptors that a datagram has at most. */
const ANCILLARY_BYTES = 2048;

const CALLS = {
	socket: ["int", "int", "int"],
	bind: ["int", "ptr", "int"],
	getsockname: ["int", "ptr", "ptr"],
	setsockopt: ["int", "int", "int", "ptr", "int"],
	sendmsg: ["int", "ptr", "int"],
	recvmsg: ["int", "ptr", "int"],
	close: ["int"],
} as const;

/**
 * Opens a socket that has no address yet.
 * @throws {DstaError} DSTA_UNSUPPORTED the C library lacks a call
 */
export function openDatagrams(libc: Libc): DatagramSocket {
	const { addressOf, errno } = libc;
	const { fcntl } = libc.calls;
	const calls = libc.open(CALLS);
	const socket = calls.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
	return {
		send(address, bytes, descriptors = []) {
			const message = layOutMessage(libc, { name: encodeAddress(address), bytes, descriptors });
			return calls.sendmsg(socket, message.address, MSG_DONTWAIT) < 0 ? codeOf(errno()) : undefined;
		},
		listen(pid) {
			const name = encodeAddress("");
			calls.setsockopt(socket, SOL_SOCKET, SO_PASSCRED, addressOf(Int32Array.of(1)), 4);
			calls.bind(socket, addressOf(name), FAMILY_BYTES);
			// By the signal that nobody but us is to get, and that tells of our children anyway.
			fcntl(socket, F_SETOWN, pid);
			fcntl(socket, F_SETSIG, constants.signals.SIGCHLD);
			fcntl(socket, F_SETFL, O_ASYNC);
			const room = Buffer.alloc(ADDRESS_BYTES);
			const size = Int32Array.of(ADDRESS_BYTES);
			calls.getsockname(socket, addressOf(room), addressOf(size));
			return decodeAddress(room.subarray(0, size[0]));
		},
		receive() {
			const bytes = Buffer.alloc(DATAGRAM_BYTES);
			const ancillary = Buffer.alloc(ANCILLARY_BYTES);
			const message = layOutMessage(libc, { bytes, ancillary });
			const size = calls.recvmsg(socket, message.address, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
			if (size < 0) return undefined;
			return { bytes: bytes.subarray(0, size), ...readAncillary(ancillary) };
		},
		close(descriptor = socket) {
			calls.close(descriptor);
		},
	};
}

// An @ stands for the NUL by which the name of a socket begins that lies in no folder.
function encodeAddress(address: string): Buffer {
	const path = encodeText(address);
	if (path[0] === 0x40) path[0] = 0;
	const family = Buffer.alloc(FAMILY_BYTES);
	family.writeUInt16LE(AF_UNIX);
	return Buffer.concat([family, path]);
}

// Of a socket that lies in no folder.
function decodeAddress(address: Buffer): string {
	return `@${address.toString("latin1", FAMILY_BYTES + 1)}`;
}

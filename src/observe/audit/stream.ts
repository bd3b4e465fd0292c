import { constants, fdatasyncSync, openSync, statSync } from "node:fs";
import { NO_HEAD } from "./chain.ts";
import type { Sink } from "./sink.ts";
import { writeWhole } from "./write.ts";

/** Whether a name is that of a pipe, a terminal or another device, or of a descriptor that this process has. */
export function isStream(file: string): boolean {
	const stats = ownDescriptor(file) === undefined ? statSync(file, { throwIfNoEntry: false }) : undefined;
	return ownDescriptor(file) !== undefined || stats?.isFIFO() === true || stats?.isCharacterDevice() === true;
}

/**
 * Writes to what cannot be read again, with a chain that begins with this process.
 * What cannot be done throws the error of the system.
 */
export function openAuditStream(file: string): Sink {
	// Without a reader a pipe would be waited for.
	const descriptor =
		ownDescriptor(file) ?? openSync(file, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
	let head = NO_HEAD;
	let begins: string | undefined = "stream";
	return {
		append(records, render) {
			for (let [record] = records; record !== undefined; [record] = records) {
				const line = render(record, { head, begins, isCut: false });
				writeWhole(descriptor, Buffer.from(line.text));
				records.shift();
				({ head } = line);
				begins = undefined;
			}
			syncIfFile(descriptor);
		},
	};
}

const STANDARD: Readonly<Record<string, number>> = { "/dev/stdout": 1, "/dev/stderr": 2 };

// To open it anew would not do where it is a socket, as in a unit of systemd.
function ownDescriptor(file: string): number | undefined {
	const number = /^\/(?:dev|proc\/self)\/fd\/(\d{1,6})$/.exec(file)?.[1];
	return number === undefined ? STANDARD[file] : Number(number);
}

function syncIfFile(descriptor: number): void {
	try {
		fdatasyncSync(descriptor);
	} catch {
		// It is none.
	}
}

import { constants as fileConstants, readdirSync, readSync } from "node:fs";
import { constants } from "node:os";
import type { Arrival, SignalSource } from "../signals.ts";
import { allow, handle, handlerOf, setDefault, setMask, setOf } from "./dispositions.ts";
import type { Libc, NativeProcess } from "./libc.ts";
import { placeRecorder, RECORD_BYTES } from "./recorder.ts";

const { SIGCHLD, SIGPWR } = constants.signals;
const RECORDS_AT_ONCE = 128;

/** The places in a siginfo_t, on x64 and arm64. */
const CODE_AT = 8;
const SENDER_AT = 16;
const VALUE_AT = 24;

// https://man7.org/linux/man-pages/man2/sigaction.2.html, "The siginfo_t argument to a SA_SIGINFO handler"
const SI_KERNEL = 0x80;
const SI_QUEUE = -1;
const SI_TKILL = -6;

const PIPE_FLAGS = fileConstants.O_NONBLOCK | 0o2000000;

/**
 * Receives signals with what the kernel says of them, real-time ones too. A listener of Bun's knows the number alone, and not of
 * every signal; and where several threads take signals, nobody knows in which order they came. So a handler of our own writes the
 * siginfo_t of each into a pipe and has Bun's own handler wake the main thread. Once `putInOrder` was called, no thread takes a
 * signal but the main one while it waits for events, as Bun unblocks all of them there and only there.
 */
export function receiveByLibc(
	{ libc, process }: { readonly libc: Libc; readonly process: NativeProcess },
	numbers: ReadonlySet<number>,
	receive: (arrival: Arrival) => void,
): SignalSource {
	const { addressOf, calls } = libc;
	const ends = new Int32Array(2);
	calls.pipe2(addressOf(ends), PIPE_FLAGS);
	const [reading, writing] = ends as unknown as readonly [number, number];

	const blocked = setOf([]);

	function drain(): void {
		// Blocked until the main thread waits for events, which it does not while there is something else to do.
		if (blocked[0] !== 0n) setMask(libc, setOf([]))();
		const records = Buffer.alloc(RECORD_BYTES * RECORDS_AT_ONCE);
		let end: number;
		do {
			end = readPipe(reading, records);
			for (let at = 0; at < end; at += RECORD_BYTES) receiveRecord(records.subarray(at));
		} while (end === records.length);
	}

	function receiveRecord(record: Buffer): void {
		const code = record.readInt32LE(CODE_AT);
		// Our own, to a thread that is to block signals.
		if (code === SI_TKILL && record.readInt32LE(SENDER_AT) === process.pid) return;
		const value = code === SI_QUEUE ? record.readBigUInt64LE(VALUE_AT) : undefined;
		receive({ number: record.readInt32LE(0), isFromKernel: code === SI_KERNEL, value });
	}

	process.on("SIGCHLD", drain);
	const recorder = placeRecorder(libc, {
		arch: process.arch,
		pipe: writing,
		wake: handlerOf(libc, SIGCHLD),
		blocked: addressOf(blocked),
		amongThreads: handlerOf(libc, SIGPWR),
	});
	// Bun's threads stop one another by PWR.
	const own = [...numbers].filter((number) => number !== SIGPWR);
	handle(libc, own, recorder.handler);
	handle(libc, [SIGPWR], recorder.sharedHandler);

	return {
		drain,
		putInOrder() {
			blocked.set(setOf(own));
			setMask(libc, blocked);
			// A thread blocks them as soon as one has come to it. Later threads do from their start, as they inherit it.
			for (const thread of readdirSync("/proc/self/task"))
				if (Number(thread) !== process.pid) interrupt(libc, process, Number(thread));
		},
		release(number) {
			setDefault(libc, number);
			allow(libc, number);
		},
	};
}

/** How many bytes of the pipe have been read: it holds nothing where another look came first. */
function readPipe(pipe: number, records: Buffer): number {
	try {
		return readSync(pipe, records);
	} catch {
		return 0;
	}
}

const SYS_TGKILL = { x64: 234, arm64: 131 };

function interrupt({ calls }: Libc, { arch, pid }: NativeProcess, thread: number): void {
	calls.syscall(SYS_TGKILL[arch as keyof typeof SYS_TGKILL], pid, thread, constants.signals.SIGURG);
}

import type { Address, Libc } from "./libc.ts";

/** How many bytes of what the kernel says of a signal a recorder keeps: up to the end of what sigqueue(3) sends. */
export const RECORD_BYTES = 32;

/** What a recorder works with. */
export interface Recording {
	readonly arch: string;
	/** The descriptor that it writes to. */
	readonly pipe: number;
	/** The handler that it ends with: that of the runtime for SIGCHLD, by which it is woken. */
	readonly wake: bigint;
	/** Where the signals stand, as a set of the kernel, that an interrupted thread blocks from then on. */
	readonly blocked: Address;
	/** A handler that gets what threads of this process send one another. */
	readonly amongThreads: bigint;
}

/** Addresses of handlers for `sigaction` with `SA_SIGINFO`. */
export interface Recorder {
	readonly handler: Address;
	/** One that leaves to `amongThreads` what it is for. */
	readonly sharedHandler: Address;
}

/**
 * Machine code, and where in it the numbers are to be written and the handler begins that is not shared. A handler is called with
 * the signal, a siginfo_t, whose si_code is at 8, and a ucontext_t, which holds what is blocked once the handler has returned.
 * SI_TKILL is -6.
 */
interface Template extends Readonly<Record<Exclude<keyof Recording, "arch"> | "handler", number>> {
	readonly code: readonly string[];
}

const X64: Template = {
	code: [
		"837e08fa", // cmp dword [rsi+8], SI_TKILL
		"750c", // jne handler
		"48b80000000000000000", // mov rax, amongThreads
		"ffe0", // jmp rax
		"48b80000000000000000", // handler: mov rax, blocked
		"488b00", // mov rax, [rax]
		"48098228010000", // or [rdx+uc_sigmask], rax
		"bf00000000", // mov edi, pipe; the siginfo_t is in rsi
		"ba20000000", // mov edx, 32
		"b801000000", // mov eax, SYS_write
		"0f05", // syscall
		"bf11000000", // mov edi, SIGCHLD
		"48b80000000000000000", // mov rax, wake
		"ffe0", // jmp rax
	],
	amongThreads: 8,
	handler: 18,
	blocked: 20,
	pipe: 39,
	wake: 62,
};

const ARM64: Template = {
	code: [
		"290840b9", // ldr w9, [x1, #8]
		"3f190031", // cmn w9, #-SI_TKILL
		"61000054", // b.ne handler
		"e9010058", // ldr x9, amongThreads
		"20011fd6", // br x9
		"e9010058", // handler: ldr x9, blocked
		"290140f9", // ldr x9, [x9]
		"4a1440f9", // ldr x10, [x2, #uc_sigmask]
		"4a0109aa", // orr x10, x10, x9
		"4a1400f9", // str x10, [x2, #uc_sigmask]
		"c0010018", // ldr w0, pipe; the siginfo_t is in x1
		"020480d2", // mov x2, #32
		"080880d2", // mov x8, #SYS_write
		"010000d4", // svc #0
		"200280d2", // mov x0, #SIGCHLD
		"e9000058", // ldr x9, wake
		"20011fd6", // br x9
		"1f2003d5", // nop
		"0000000000000000", // amongThreads
		"0000000000000000", // blocked
		"0000000000000000", // wake
		"00000000", // pipe
	],
	handler: 20,
	amongThreads: 72,
	blocked: 80,
	wake: 88,
	pipe: 96,
};

const PAGE_BYTES = 65_536;
const PROT_READ = 1;
const PROT_WRITE = 2;
const PROT_EXEC = 4;
const MAP_PRIVATE_ANONYMOUS = 0x22;

/**
 * Writes a handler of signals into memory and makes it executable. No handler in JavaScript could run in the middle of anything,
 * as a signal comes; this one is a system call and a jump, and so may interrupt whatever it does.
 */
export function placeRecorder({ calls, memoryAt }: Libc, recording: Recording): Recorder {
	const template = recording.arch === "arm64" ? ARM64 : X64;
	const code = Buffer.from(template.code.join(""), "hex");
	code.writeBigUInt64LE(recording.amongThreads, template.amongThreads);
	code.writeBigUInt64LE(BigInt(recording.blocked), template.blocked);
	code.writeBigUInt64LE(recording.wake, template.wake);
	code.writeUInt32LE(recording.pipe, template.pipe);
	const address = calls.mmap(null, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
	memoryAt(address, code.length).set(code);
	calls.mprotect(address, PAGE_BYTES, PROT_READ | PROT_EXEC);
	return { handler: address + template.handler, sharedHandler: address };
}

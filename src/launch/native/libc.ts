import { DstaError } from "../../errors.ts";

/** What tells whether this process can reach libc. */
export type NativeProcess = Pick<NodeJS.Process, "arch" | "getBuiltinModule" | "on" | "pid">;

/** An address in the memory of this process. */
export type Address = number;

/** The types of bun:ffi that are used here. */
interface Ffi {
	dlopen<Name extends string>(
		library: string,
		symbols: Readonly<Record<Name, object>>,
	): { readonly symbols: Readonly<Record<Name, Call>> };
	ptr(memory: NodeJS.TypedArray): Address;
	toArrayBuffer(address: Address, offset: number, length: number): ArrayBuffer;
	readonly read: { i32(address: Address): number };
}

type Call = (...args: readonly (number | bigint | Address | null)[]) => number;

const INT = "int";
const POINTER = "ptr";

/** The calls that every start may use. */
const CALLS = {
	execve: [POINTER, POINTER, POINTER],
	posix_spawn: [POINTER, POINTER, POINTER, POINTER, POINTER, POINTER],
	posix_spawnattr_init: [POINTER],
	posix_spawnattr_setflags: [POINTER, "i16"],
	posix_spawnattr_setsigdefault: [POINTER, POINTER],
	posix_spawnattr_setsigmask: [POINTER, POINTER],
	waitpid: [INT, POINTER, INT],
	kill: [INT, INT],
	sigqueue: [INT, INT, "u64"],
	fcntl: [INT, INT, INT],
	sigaction: [INT, POINTER, POINTER],
	sigprocmask: [INT, POINTER, POINTER],
	pipe2: [POINTER, INT],
	prctl: [INT, "u64"],
	mprotect: [POINTER, "u64", INT],
	syscall: ["i64", INT, INT, INT],
	mmap: [POINTER, "u64", INT, INT, INT, "i64"],
	__errno_location: [],
} as const satisfies Types<string>;

/** The types of what calls take; all but RETURN_POINTERS return an int. */
type Types<Name extends string> = Readonly<Record<Name, readonly string[]>>;

export type CallName = keyof typeof CALLS;

const RETURN_POINTERS: readonly string[] = ["mmap", "__errno_location"] satisfies readonly CallName[];

/** libc, as far as it is used here. */
export interface Libc {
	readonly calls: Readonly<Record<CallName, Call>>;
	/** The address of memory that the caller keeps alive for as long as libc may use it. */
	addressOf(memory: NodeJS.TypedArray): Address;
	/** Memory that is not JavaScript's own. */
	memoryAt(address: Address, bytes: number): Uint8Array;
	/** The errno of the call that was made last. */
	errno(): number;
	/**
	 * Further calls, which few starts need.
	 * @throws {DstaError} DSTA_UNSUPPORTED the library lacks one
	 */
	open<Name extends string>(calls: Types<Name>): Readonly<Record<Name, Call>>;
}

/** glibc, and musl, whose library is named after the architecture. */
const LIBRARIES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/** Whether this build can reach libc: the standalone executable can, the npm package cannot. */
export const HAS_LIBC: boolean = "Bun" in globalThis;

let loaded: Libc | undefined;

/**
 * The C library of a build that can reach it; `undefined` in the npm package, since Node cannot.
 * @throws {DstaError} DSTA_UNSUPPORTED it lacks a call
 */
export function loadLibc({ getBuiltinModule }: NativeProcess): Libc | undefined {
	if (!HAS_LIBC) return undefined;
	loaded ??= open((getBuiltinModule as (name: string) => unknown)("bun:ffi") as Ffi);
	return loaded;
}

function open(ffi: Ffi): Libc {
	const calls = openCalls(ffi, CALLS);
	return {
		calls,
		addressOf: ffi.ptr,
		memoryAt: (address, bytes) => new Uint8Array(ffi.toArrayBuffer(address, 0, bytes)),
		errno: () => ffi.read.i32(calls.__errno_location()),
		open: (further) => openCalls(ffi, further),
	};
}

function openCalls<Name extends string>(ffi: Ffi, calls: Types<Name>): Readonly<Record<Name, Call>> {
	const symbols = Object.entries<readonly string[]>(calls).map(([name, args]) => {
		const returns = RETURN_POINTERS.includes(name) ? POINTER : INT;
		return [name, { args, returns }] as const;
	});
	return dlopenFirst(ffi, Object.fromEntries(symbols) as Record<Name, object>);
}

function dlopenFirst<Name extends string>(
	ffi: Ffi,
	symbols: Readonly<Record<Name, object>>,
): Readonly<Record<Name, Call>> {
	const reasons: string[] = [];
	for (const library of LIBRARIES) {
		try {
			return ffi.dlopen(library, symbols).symbols;
		} catch (error) {
			reasons.push((error as Error).message);
		}
	}
	if (reasons.some((reason) => reason.includes("JIT")))
		throw new DstaError("DSTA_UNSUPPORTED", "This system gives no memory that is written and then executed", {
			cure: "Allow it to dsta-run: in a unit of systemd that is MemoryDenyWriteExecute=no. Or raise `ulimit -v`, which may be too low.",
		});
	// Of a library that lacks a call the message names the call.
	const missing = reasons.find((reason) => /symbol/i.test(reason)) ?? reasons.join("; ");
	throw new DstaError("DSTA_UNSUPPORTED", `The C library of this system cannot be used: ${missing}`, {
		cure: "Use the executable for this system's C library (glibc or musl), or the npm package on Node.",
	});
}

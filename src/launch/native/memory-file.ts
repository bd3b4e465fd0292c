import { closeSync, fchmodSync, writeSync } from "node:fs";
import { DstaError } from "../../errors.ts";
import type { Libc } from "./libc.ts";
import { codeOf } from "./program.ts";
import { layOutText } from "./strings.ts";

const F_DUPFD = 0;
const F_ADD_SEALS = 1033;
/** SEAL, SHRINK, GROW and WRITE: neither the content nor this can be changed any more. */
const ALL_SEALS = 0b1111;

const MFD_ALLOW_SEALING = 2;
const MFD_NOEXEC_SEAL = 8;
const MFD_EXEC = 16;

/** In bytes, by https://man7.org/linux/man-pages/man2/memfd_create.2.html */
const MAX_NAME = 249;

/** Shells use those below for redirections in scripts. */
const LEAST = 10;

/**
 * Makes a file that has no place in any file system, and that nobody can change. Returns its descriptor, which what we start or
 * execute inherits.
 * @throws {DstaError} DSTA_UNSUPPORTED the system refuses it
 */
export function createMemoryFile(
	libc: Libc,
	{ content, mode, name }: { readonly content: Buffer; readonly mode: number; readonly name: string },
): number {
	const { fcntl } = libc.calls;
	const { memfd_create } = libc.open({ memfd_create: ["ptr", "int"] });
	const text = layOutText(libc, name.slice(0, MAX_NAME));
	const create = (flags: number) => memfd_create(text.address, MFD_ALLOW_SEALING | flags);
	let made = create((mode & 0o111) === 0 ? MFD_NOEXEC_SEAL : MFD_EXEC);
	// Linux before 6.3 knows neither.
	if (made < 0 && codeOf(libc.errno()) === "EINVAL") made = create(0);
	const descriptor = made < 0 ? made : fcntl(made, F_DUPFD, LEAST);
	if (descriptor < 0) throw refused(codeOf(libc.errno()));
	closeSync(made);
	fill(descriptor, content);
	fchmodSync(descriptor, mode);
	if (fcntl(descriptor, F_ADD_SEALS, ALL_SEALS) < 0) throw refused(codeOf(libc.errno()));
	return descriptor;
}

// By position: whoever reads the inherited descriptor itself is to begin at the first byte.
function fill(descriptor: number, content: Buffer): void {
	try {
		for (let at = 0; at < content.length; ) at += writeSync(descriptor, content, at, content.length - at, at);
	} catch (error) {
		throw refused((error as NodeJS.ErrnoException).code ?? "");
	}
}

function refused(code: string): DstaError {
	return new DstaError("DSTA_UNSUPPORTED", `This system gives no file in memory (memfd_create): ${code}`, {
		cure: "Say as: file in the map, or lift what forbids it: a filter of system calls, `ulimit -n` or `ulimit -f`.",
	});
}

import { spawnSync } from "node:child_process";
import { constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DstaError } from "../../errors.ts";
import { createPipe } from "../native/pipe.ts";
import type { Own } from "../own.ts";

/** The descriptors of a pipe: one is read without blocking, and what we start inherits neither by itself. */
export interface Pipe {
	readonly reading: number;
	readonly writing: number;
}

/**
 * Opens a pipe. Under Node it is one that had a name for a moment: what Node itself would give to a child is a socket, which
 * `echo > /dev/stderr` and programs that log to /dev/stdout cannot open.
 * @throws {DstaError} DSTA_UNSUPPORTED Node has nothing to make one with
 */
export function openPipe({ inheritance }: Pick<Own, "inheritance">): Pipe {
	if (inheritance !== undefined) return createPipe(inheritance.libc);
	const failures: string[] = [];
	for (const place of [tmpdir(), "/dev/shm"]) {
		try {
			return openNamed(place);
		} catch (error) {
			failures.push((error as Error).message);
		}
	}
	throw new DstaError("DSTA_UNSUPPORTED", `No pipe can be made for the command: ${failures.join("; ")}`, {
		cure: "Under Node that takes the program mkfifo (coreutils or busybox) and a directory that can be written to, TMPDIR or /dev/shm. Or use the standalone executable.",
	});
}

function openNamed(place: string): Pipe {
	const folder = mkdtempSync(join(place, "dsta-run-"));
	try {
		const file = join(folder, "pipe");
		const { error, status } = spawnSync("mkfifo", ["-m", "600", file], { stdio: "ignore" });
		if (error !== undefined) throw error;
		if (status !== 0) throw new Error(`mkfifo ${file} ended with status ${status}`);
		// The other end is not there yet: to open the first one must not wait for it.
		const reading = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
		return { reading, writing: openSync(file, constants.O_WRONLY) };
	} finally {
		rmSync(folder, { recursive: true });
	}
}

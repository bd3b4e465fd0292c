import { execFile } from "node:child_process";
import { DstaError } from "../../errors.ts";
import type { KeyContext } from "./key.ts";

/** So long a keyring may take; it is asked while the backends are. */
const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1024;

/**
 * What a command prints that knows a key. It is started without a shell.
 * @throws {DstaError} DSTA_CONFIG it cannot be started, fails, or is not done in time
 */
export function printKey(words: readonly string[], { cwd, env }: KeyContext): Promise<Buffer> {
	const [file, ...args] = words as [string, ...string[]];
	const { promise, reject, resolve } = Promise.withResolvers<Buffer>();
	const child = execFile(
		file,
		args,
		{ cwd, env, encoding: "buffer", maxBuffer: MAX_BYTES, timeout: TIMEOUT_MS, killSignal: "SIGKILL" },
		(error, stdout) => (error === null ? resolve(stdout) : reject(failure(file, error))),
	);
	child.stdin?.end();
	return promise;
}

interface Failure {
	/** A status, or the name of an error. */
	readonly code?: number | string | null | undefined;
	readonly killed?: boolean;
}

// What it has printed may be the key, so that nothing of it is shown.
function failure(file: string, error: Failure): DstaError {
	const message = `The snapshot has no key: ${file} was to print it, and ${reasonOf(error)}`;
	return new DstaError("DSTA_CONFIG", message, {
		cure: "Run what snapshot.key.command says as this user, and see what it prints.",
	});
}

function reasonOf({ code, killed }: Failure): string {
	if (typeof code === "string") return REASONS[code] ?? code;
	if (killed) return `it took more than ${TIMEOUT_MS / 1000} s`;
	return typeof code === "number" ? `it ended with status ${code}` : "it was killed";
}

const REASONS: Readonly<Record<string, string>> = {
	ENOENT: "there is no such program",
	EACCES: "this user may not execute it",
	ERR_CHILD_PROCESS_STDIO_MAXBUFFER: "it printed far more than a key",
};

import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { DstaError } from "../../errors.ts";
import { parseDotenv } from "./dotenv.ts";

/** The dotenv file behind the environment. */
export interface EnvFile {
	/** How messages name it. */
	readonly name: string;
	/**
	 * Its variables: none where the file is missing. It is read when they are first asked for, and later where it has changed.
	 * @throws {DstaError} DSTA_CONFIG it cannot be read or is no dotenv file
	 */
	variables(): Promise<ReadonlyMap<string, string>>;
	/** A text for the state of the file that was read last: another one where it was read again. */
	readonly state: string;
}

export interface EnvFileChoice {
	/** Named by option or DSTA_ENV_FILE: it must exist. `false`: none is read. */
	readonly named?: string | false | undefined;
	/** Named by the map: it may be missing, so that one map serves a laptop and an image. */
	readonly fromMap?: string | undefined;
	readonly cwd: string;
}

const DEFAULT_FILE = ".env";
const MAX_BYTES = 10 * 1024 * 1024;

/**
 * Chooses the dotenv file; `undefined` where there is to be none.
 * @throws {DstaError} DSTA_FILE_NOT_FOUND the named one does not exist
 */
export function openEnvFile({ cwd, fromMap, named }: EnvFileChoice): EnvFile | undefined {
	if (named === false) return undefined;
	const name = named ?? fromMap ?? DEFAULT_FILE;
	// Not resolve(): that asks for the working directory, which may have been removed.
	const file = isAbsolute(name) ? name : join(cwd, name);
	const isNamed = named !== undefined;
	let state = stateOf(file);
	if (state === "missing" && isNamed) throw missing(name);
	let reading: Promise<ReadonlyMap<string, string>> | undefined;

	async function read(): Promise<ReadonlyMap<string, string>> {
		// A folder called .env is a virtual environment of Python.
		const isNone = !isNamed && (state === "missing" || (state === "folder" && name === DEFAULT_FILE));
		if (isNone) return new Map();
		try {
			return await loadText(file, { name, cure: CURE, parse: parseDotenv });
		} catch (error) {
			// What was wrong may be right the next time.
			if (state !== PIPE) state = "unread";
			throw error;
		}
	}

	async function readAgain(): Promise<ReadonlyMap<string, string>> {
		state = await untilLeftAlone(file, state);
		return read();
	}

	return {
		name,
		get state() {
			return state;
		},
		variables() {
			if (reading === undefined) reading = read();
			// What comes out of a pipe comes once.
			else if (state !== PIPE) {
				const before = state;
				state = stateOf(file);
				if (state !== before) reading = readAgain();
			}
			return reading;
		},
	};
}

const PIPE = "pipe or device";

/** A text that is another one when a file is. */
function stateOf(file: string): string {
	try {
		const stats = statSync(file, { bigint: true });
		if (stats.isDirectory()) return "folder";
		return stats.isFile() ? [stats.dev, stats.ino, stats.size, stats.mtimeNs].join(" ") : PIPE;
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		// What else is wrong with it shows when it is read, if it is.
		return code === "ENOENT" || code === "ENOTDIR" ? "missing" : `${code}`;
	}
}

// Half a file is none: while somebody writes, it is waited for.
async function untilLeftAlone(file: string, state: string): Promise<string> {
	let before = state;
	for (let pause = 0; pause < MAX_PAUSES; pause++) {
		await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
		const current = stateOf(file);
		if (current === before) break;
		before = current;
	}
	return before;
}

const PAUSE_MS = 50;
const MAX_PAUSES = 20;

const CURE = "Give a UTF-8 text file of NAME=value lines with --env-file, or read none: --no-env-file.";

export interface LoadOptions<Content> {
	/** How messages name the file. */
	readonly name: string;
	/** What to do where it cannot be read. */
	readonly cure: string;
	/** @throws {DstaError} it has another content than it should */
	readonly parse: (text: string, name: string) => Content;
}

/**
 * Reads a text file, or what comes out of a pipe. No wait in the kernel is among it.
 * @throws {DstaError} DSTA_CONFIG it cannot be read · as `parse`
 */
export async function loadText<Content>(
	file: string,
	{ cure, name, parse }: LoadOptions<Content>,
): Promise<Content> {
	try {
		const bytes = await read(file);
		return parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), name);
	} catch (error) {
		if (error instanceof DstaError) throw error;
		// The stack of a regular expression does not hold a value of several megabytes.
		const code = error instanceof RangeError ? "EFBIG" : ((error as NodeJS.ErrnoException).code ?? "");
		throw new DstaError("DSTA_CONFIG", `${name} cannot be read: ${REASONS[code] ?? code}`, {
			backend: "env",
			cure,
		});
	}
}

const REASONS: Readonly<Record<string, string>> = {
	EISDIR: "it is a directory",
	EACCES: "permission denied",
	ELOOP: "it is a circle of symbolic links",
	ENOENT: "it is gone",
	EFBIG: "it is too large",
	ENOTSUP: "it is a device",
	ERR_ENCODING_INVALID_ENCODED_DATA: "it is not UTF-8",
};

async function read(file: string): Promise<Buffer> {
	// So that neither opening nor reading waits in the kernel, where no signal and no deadline would be heard.
	const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
	const stats = fstatSync(descriptor);
	if (stats.isFIFO()) return readPipe(descriptor);
	try {
		if (stats.size > MAX_BYTES) throw Object.assign(new Error(), { code: "EFBIG" });
		if (stats.isFile() || stats.isDirectory()) return readFileSync(descriptor);
		// /dev/null is an empty file, /dev/zero an endless one.
		if (readSync(descriptor, Buffer.alloc(1)) === 0) return Buffer.alloc(0);
		throw Object.assign(new Error(), { code: "ENOTSUP" });
	} finally {
		closeSync(descriptor);
	}
}

// `--env-file <(decrypt .env)`, or a named pipe that somebody will write into.
async function readPipe(descriptor: number): Promise<Buffer> {
	const { openPipe } = await import("./pipe.ts");
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of await openPipe(descriptor)) {
		size += chunk.length;
		if (size > MAX_BYTES) throw Object.assign(new Error(), { code: "EFBIG" });
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

function missing(name: string): DstaError {
	return new DstaError("DSTA_FILE_NOT_FOUND", `The env file ${name} does not exist`, {
		backend: "env",
		cure: "Name one that exists with --env-file or DSTA_ENV_FILE, or read none: --no-env-file.",
	});
}

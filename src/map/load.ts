import { isUtf8 } from "node:buffer";
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { DstaError } from "../errors.ts";
import { EXAMPLE_LINE } from "./form.ts";
import { MAX_MAP_BYTES, parseSecretMap } from "./parse.ts";
import { readPlainYaml } from "./plain-yaml.ts";
import type { SecretMap } from "./secret-map.ts";

export interface LoadOptions {
	/** The names that a chain may hold. */
	readonly backends: readonly string[];
	/** How messages name the file; otherwise as it was given. */
	readonly shownAs?: string;
}

/**
 * Reads and checks a map file.
 * @throws {DstaError} DSTA_FILE_NOT_FOUND there is none · DSTA_MAP it cannot be read, or its content is wrong
 */
export async function loadSecretMap(
	file: string,
	{ backends, shownAs = file }: LoadOptions,
): Promise<SecretMap> {
	const text = decode(readBytes(file, shownAs), shownAs);
	const plain = readPlainYaml(text);
	const readRoot = plain === undefined ? (await import("./yaml.ts")).readYaml : () => plain;
	return parseSecretMap(text, { file: shownAs, backends, readRoot });
}

function readBytes(file: string, shownAs: string): Buffer {
	let descriptor: number | undefined;
	try {
		// Before opening: to open a FIFO can wait for ever, and to open a device can do anything.
		refuseUnlessFile(statSync(file), shownAs);
		descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
		refuseUnlessFile(fstatSync(descriptor), shownAs);
		return readAll(descriptor, shownAs);
	} catch (error) {
		throw error instanceof DstaError ? error : toReadError(error as NodeJS.ErrnoException, shownAs);
	} finally {
		if (descriptor !== undefined) closeSync(descriptor);
	}
}

// Sizes can lie (/proc) and files can grow, so only what was read counts.
function readAll(descriptor: number, file: string): Buffer {
	const buffer = Buffer.allocUnsafe(MAX_MAP_BYTES + 1);
	let length = 0;
	while (length < buffer.length) {
		const count = readSync(descriptor, buffer, length, buffer.length - length, null);
		if (count === 0) return buffer.subarray(0, length);
		length += count;
	}
	throw tooLarge(file);
}

function refuseUnlessFile(stats: Stats, file: string): void {
	if (!stats.isFile()) {
		const cure = `Name a regular file with --map or DSTA_MAP; ${file} is none.`;
		throw new DstaError("DSTA_MAP", `The map ${file} is ${kindOf(stats)}, not a file`, { cure });
	}
	if (stats.size > MAX_MAP_BYTES) throw tooLarge(file);
}

function kindOf(stats: Stats): string {
	if (stats.isDirectory()) return "a directory";
	if (stats.isFIFO()) return "a FIFO";
	return stats.isSocket() ? "a socket" : "a device";
}

function tooLarge(file: string): DstaError {
	return new DstaError("DSTA_MAP", `The map ${file} is larger than 1 MiB (${MAX_MAP_BYTES} bytes)`, {
		cure: "Name a secret map with --map or DSTA_MAP; what one program needs fits into a file of a few lines.",
	});
}

function toReadError({ code }: NodeJS.ErrnoException, file: string): DstaError {
	if (code === "ENOENT" || code === "ENOTDIR")
		return new DstaError("DSTA_FILE_NOT_FOUND", `The map ${file} does not exist`, {
			cure: [
				"Name one that exists with --map FILE or DSTA_MAP, or write one with lines such as",
				`  ${EXAMPLE_LINE}`,
				"  database/postgres/password: POSTGRES_PASSWORD",
			].join("\n"),
		});
	const reason = READ_FAILURES[code ?? ""] ?? code ?? "unknown error";
	return new DstaError("DSTA_MAP", `The map ${file} cannot be read: ${reason}`, {
		cure: `Make ${file} a file that this user may read, or name another with --map or DSTA_MAP.`,
	});
}

const READ_FAILURES: Readonly<Record<string, string>> = {
	EACCES: "permission denied",
	EPERM: "permission denied",
	ELOOP: "it is a circle of symbolic links",
	ENAMETOOLONG: "its name is too long",
	ERR_INVALID_ARG_VALUE: "no file can have this name",
};

function decode(bytes: Buffer, file: string): string {
	if (isUtf8(bytes) && !isWide(bytes)) return bytes.toString("utf8");
	const encoding = isWide(bytes) ? "UTF-16" : `not UTF-8 (line ${firstBadLine(bytes)})`;
	throw new DstaError("DSTA_MAP", `The map ${file} is ${encoding}`, {
		cure: `Save ${file} as UTF-8, for example: iconv -f ${isWide(bytes) ? "UTF-16" : "LATIN1"} -t UTF-8 ${file} > ${file}.new`,
	});
}

// With a byte order mark, or by the zero byte beside an ASCII character, which begins every map.
function isWide(bytes: Buffer): boolean {
	const [first, second] = bytes;
	if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
	return first !== undefined && second !== undefined && (first === 0) !== (second === 0);
}

function firstBadLine(bytes: Buffer): number {
	let line = 1;
	for (let start = 0; ; line++) {
		const end = bytes.indexOf(0x0a, start);
		if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line;
		start = end + 1;
	}
}

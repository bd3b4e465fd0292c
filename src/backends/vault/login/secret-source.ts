import { isUtf8 } from "node:buffer";
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DstaError } from "../../../errors.ts";
import { shellWord } from "../../shell.ts";
import { checkToken } from "../token.ts";
import { type Attempt, halfLogin } from "./attempt.ts";
import type { SecretSource } from "./auth.ts";

const MAX_BYTES = 1024 * 1024;

/** A part of a login, and where it lay, for messages. */
interface Part {
	readonly text: string;
	readonly origin: string;
}

/**
 * Reads one part of a login where it lies, anew each time; a line end after it is none of it.
 * @throws {DstaError} DSTA_CONFIG it is not there, empty, or cannot be read
 */
export function readPart(attempt: Attempt, part: string, source: SecretSource): Part {
	const { env, cwd } = attempt.context;
	if ("env" in source) {
		const { env: name } = source;
		const text = env[name]?.replace(/\r?\n$/, "");
		if (text) return { text, origin: name };
		const reason = `${name} is ${text === undefined ? "not set" : "empty"}`;
		throw halfLogin(attempt, {
			part,
			reason,
			cure: `Set ${name}, or name another place in the map (vault.auth)`,
		});
	}
	if ("file" in source) {
		const file = resolve(cwd, source.file);
		return readFrom(file, {
			attempt,
			part,
			cure: `Write the ${part} into ${shellWord(file)}, or name another place in the map (vault.auth)`,
		});
	}
	const { credential } = source;
	const cure = `Write LoadCredential=${credential}:/path/to/the/${part} into the [Service] section of the unit`;
	const folder = env.CREDENTIALS_DIRECTORY;
	if (folder) return readFrom(join(folder, credential), { attempt, part, cure });
	const reason = `for the credential ${credential}: CREDENTIALS_DIRECTORY is not set`;
	throw halfLogin(attempt, { part, reason, cure });
}

/**
 * Reads a part that is one word of printable ASCII, as tokens and identifiers are.
 * @throws {DstaError} DSTA_CONFIG as `readPart`, or it holds other characters
 */
export function readWord(attempt: Attempt, part: string, source: SecretSource): string {
	const { origin, text } = readPart(attempt, part, source);
	if (part === "token") return checkToken(text, origin);
	if (/^[\x21-\x7e]+$/.test(text)) return text;
	throw new DstaError("DSTA_CONFIG", `The ${part} in ${origin} holds characters that no ${part} has`, {
		backend: "vault",
		cure: `Put the ${part} alone into ${origin}: one word of printable ASCII.`,
	});
}

interface Reading {
	readonly attempt: Attempt;
	readonly part: string;
	readonly cure: string;
}

function readFrom(file: string, { attempt, cure, part }: Reading): Part {
	const refuse = (reason: string) => halfLogin(attempt, { part, reason: `${file} ${reason}`, cure });
	let bytes: Buffer;
	try {
		bytes = readBytes(file);
	} catch (error) {
		const { code = "" } = error as NodeJS.ErrnoException;
		throw refuse(code === "ENOENT" || code === "ENOTDIR" ? "does not exist" : `cannot be read: ${code}`);
	}
	const text = bytes.toString("utf8").replace(/\r?\n$/, "");
	if (text === "") throw refuse("is empty");
	if (!isUtf8(bytes)) throw refuse("is not UTF-8");
	return { text, origin: file };
}

function readBytes(file: string): Buffer {
	// So that neither opening nor reading waits in the kernel, where no signal and no deadline would be heard.
	const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		const stats = fstatSync(descriptor);
		if (stats.isFile() && stats.size > MAX_BYTES) throw Object.assign(new Error(), { code: "EFBIG" });
		if (!stats.isFile() && !stats.isDirectory())
			throw Object.assign(new Error(), { code: "no regular file" });
		return readFileSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
}

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { ProgramContext } from "../../backends/program-output.ts";
import { DstaError } from "../../errors.ts";
import type { KeySource } from "../../map/secret-map.ts";

/** What a key is found by. */
export interface KeyContext extends Omit<ProgramContext, "signal" | "stderr"> {
	readonly warn: (message: string, cure?: string) => void;
}

const KEY_BYTES = 32;

/** No file of a key is longer, whatever its form. */
const MAX_BYTES = 256;

/**
 * Reads the key of the snapshot.
 * @throws {DstaError} DSTA_CONFIG it is not there, or is none of 256 bits
 */
export async function loadKey(source: KeySource, context: KeyContext): Promise<Buffer> {
	if ("command" in source) {
		const { printKey } = await import("./key-command.ts");
		return toKey(await printKey(source.command, context), `What ${source.command[0]} prints`);
	}
	if ("credential" in source) {
		const file = credentialFile(source.credential, context.env.CREDENTIALS_DIRECTORY);
		return toKey(readKeyFile(file).bytes, file);
	}
	const file = isAbsolute(source.file) ? source.file : join(context.cwd, source.file);
	const { bytes, mode } = readKeyFile(file);
	if ((mode & OPEN_TO_OTHERS) !== 0)
		context.warn(
			`the key of the snapshot, ${file}, is open to other users (mode ${octal(mode)})`,
			`chmod 600 ${file}; in a volume of Kubernetes, defaultMode: 0440 and fsGroup.`,
		);
	return toKey(bytes, file);
}

/** To be read by all, or written by anybody else. Groups may read: a pod has its secrets so. */
const OPEN_TO_OTHERS = 0o026;

// https://systemd.io/CREDENTIALS
function credentialFile(name: string, folder: string | undefined): string {
	if (folder) return join(folder, name);
	throw noKey(
		`there is no credential ${name}: CREDENTIALS_DIRECTORY is not set`,
		`Write LoadCredentialEncrypted=${name}:/path/to/it into the [Service] section of the unit, or take the key from elsewhere.`,
	);
}

function readKeyFile(file: string): { readonly bytes: Buffer; readonly mode: number } {
	try {
		// To open a FIFO could wait for ever.
		const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
		try {
			const stats = fstatSync(descriptor);
			if (!stats.isFile()) throw noKey(`${file} is no file`, MAKE_ONE);
			const buffer = Buffer.alloc(MAX_BYTES);
			return { bytes: buffer.subarray(0, readSync(descriptor, buffer)), mode: stats.mode & 0o777 };
		} finally {
			closeSync(descriptor);
		}
	} catch (error) {
		if (error instanceof DstaError) throw error;
		const { code } = error as NodeJS.ErrnoException;
		throw noKey(`${file} ${code === "ENOENT" ? "does not exist" : `cannot be read: ${code}`}`, MAKE_ONE);
	}
}

/** 32 bytes, as they are or as text: a passphrase of 32 letters would be far from 256 bits. */
function toKey(bytes: Buffer, origin: string): Buffer {
	const text = bytes.toString("latin1").trim();
	if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, "hex");
	if (/^[\w+/-]{43}=?$/.test(text)) return Buffer.from(text, "base64");
	if (bytes.length === KEY_BYTES && !/^[\x20-\x7e]*$/.test(bytes.toString("latin1"))) return bytes;
	throw noKey(
		`${origin} is no key of 256 bits: 32 random bytes, as they are, in base64 or in 64 hex digits`,
		MAKE_ONE,
	);
}

function noKey(reason: string, cure: string): DstaError {
	return new DstaError("DSTA_CONFIG", `The snapshot has no key: ${reason}`, { cure });
}

const MAKE_ONE = "Make one for this user alone: (umask 077; openssl rand -base64 32 > FILE)";

function octal(mode: number): string {
	return mode.toString(8).padStart(4, "0");
}

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { DstaError } from "../errors.ts";

/** What a setting says, and which one it is: `VAULT_CACERT`. */
export interface TlsSetting {
	readonly value: string;
	readonly origin: string;
}

export interface TlsFilesContext {
	/** The working directory, for relative files. */
	readonly cwd: string;
	readonly backend: string;
}

const MAX_BYTES = 10 * 1024 * 1024;

/**
 * Reads the certificates of a file.
 * @throws {DstaError} DSTA_CONFIG it is missing, cannot be read, or holds none in PEM form
 */
export async function loadCertificates(
	setting: TlsSetting,
	context: TlsFilesContext,
): Promise<readonly string[]> {
	const { origin, value } = setting;
	return findCertificates(await load(setting, context), `${origin} names ${value}, which`, {
		origin,
		backend: context.backend,
	});
}

/**
 * Reads the certificates of all files of a folder.
 * @throws {DstaError} DSTA_CONFIG it is no folder, cannot be read, or none of its files holds a certificate in PEM form
 */
export async function loadCertificateFolder(
	{ origin, value }: TlsSetting,
	{ backend, cwd }: TlsFilesContext,
): Promise<readonly string[]> {
	const fault = (reason: string) =>
		wrong(`${origin} names ${value}, which ${reason}`, {
			backend,
			cure: `Set ${origin} to a folder of certificates in PEM form, or name one file in its place.`,
		});
	const folder = fileOf(value, cwd);
	const names = await readdir(folder).catch((error) => {
		throw fault(error.code === "ENOTDIR" ? "is no folder" : reasonOf(error));
	});
	const certificates: string[] = [];
	// A mounted folder of Kubernetes has folders and links in it. One after the other: there may be more than can be open at once.
	for (const name of names)
		certificates.push(...certificatesIn(await readSmallFile(join(folder, name)).catch(() => "")));
	const distinct = [...new Set(certificates)].filter(isCertificate);
	if (distinct.length === 0) throw fault("holds no file with a certificate in PEM form");
	return distinct;
}

/**
 * Finds the certificates in the text of a setting.
 * @throws {DstaError} DSTA_CONFIG it holds none in PEM form
 */
export function parseCertificates(
	{ origin, value }: TlsSetting,
	{ backend }: Pick<TlsFilesContext, "backend">,
): readonly string[] {
	return findCertificates(value, origin, { origin, backend });
}

/**
 * Reads our own certificate, with what follows it in its file, and its key.
 * @throws {DstaError} DSTA_CONFIG a file is missing, cannot be read, holds something else, or the two do not belong together
 */
export async function loadClientCertificate(
	certificate: TlsSetting,
	key: TlsSetting,
	context: TlsFilesContext,
): Promise<{ readonly cert: string; readonly key: string }> {
	const [chain, keyText] = await Promise.all([loadCertificates(certificate, context), load(key, context)]);
	const pem = PRIVATE_KEY.exec(keyText)?.[0] ?? "";
	const about = { backend: context.backend };
	if (/ENCRYPTED/.test(pem))
		throw wrong(`${key.origin} names ${key.value}, a key that is encrypted with a passphrase`, {
			...about,
			cure: `Name one without: openssl pkey -in ${key.value} -out FILE`,
		});
	const parsed = parseKey(pem);
	if (parsed === undefined)
		throw wrong(`${key.origin} names ${key.value}, which holds no private key`, {
			...about,
			cure: `Set ${key.origin} to a key in PEM form, which begins with -----BEGIN PRIVATE KEY-----.`,
		});
	if (!new X509Certificate(chain[0] as string).checkPrivateKey(parsed))
		throw wrong(
			`The key that ${key.origin} names does not belong to the certificate that ${certificate.origin} names`,
			{
				...about,
				cure: `Set both to files that were made together; in ${certificate.value} our own certificate comes first, those of its authorities follow.`,
			},
		);
	return { cert: chain.join("\n"), key: pem };
}

function findCertificates(
	text: string,
	subject: string,
	{ backend, origin }: Pick<TlsFilesContext, "backend"> & Pick<TlsSetting, "origin">,
): readonly string[] {
	const certificates = certificatesIn(text);
	if (certificates.length > 0 && certificates.every(isCertificate)) return certificates;
	const fault = certificates.length > 0 ? "holds a certificate that is damaged" : "holds no certificate";
	throw wrong(`${subject} ${fault}`, {
		backend,
		cure: `Give ${origin} certificates in PEM form, which begin with -----BEGIN CERTIFICATE-----. From the other form: openssl x509 -inform der -in ca.der -out ca.pem`,
	});
}

async function load({ origin, value }: TlsSetting, { backend, cwd }: TlsFilesContext): Promise<string> {
	try {
		return await readSmallFile(fileOf(value, cwd));
	} catch (error) {
		throw wrong(`${origin} names ${value}, which ${reasonOf(error)}`, {
			backend,
			cure: `Set ${origin} to a file in PEM form that this user can read.`,
		});
	}
}

async function readSmallFile(file: string): Promise<string> {
	const stats = await stat(file);
	// Others could make us wait, or never end.
	const code = stats.isDirectory()
		? "EISDIR"
		: !stats.isFile()
			? "ENOTSUP"
			: stats.size > MAX_BYTES
				? "EFBIG"
				: undefined;
	if (code !== undefined) throw Object.assign(new Error(code), { code });
	return readFile(file, "latin1");
}

// Not resolve(): that asks for the working directory, which may have been removed.
function fileOf(name: string, cwd: string): string {
	return isAbsolute(name) ? name : join(cwd, name);
}

function reasonOf(error: unknown): string {
	const { code = "" } = error as NodeJS.ErrnoException;
	return REASONS[code] ?? `cannot be read: ${code}`;
}

const REASONS: Readonly<Record<string, string>> = {
	ENOENT: "does not exist",
	ENOTDIR: "does not exist",
	EISDIR: "is a folder",
	ENOTSUP: "is no regular file",
	EFBIG: "is over 10 MiB",
	EACCES: "this user may not read",
};

function certificatesIn(text: string): readonly string[] {
	return text.match(CERTIFICATE) ?? [];
}

const CERTIFICATE =
	/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[\s\S]+?-----END (?:[A-Z]+ )?PRIVATE KEY-----/;

function isCertificate(pem: string): boolean {
	try {
		return new X509Certificate(pem) !== undefined;
	} catch {
		return false;
	}
}

function parseKey(pem: string): KeyObject | undefined {
	try {
		return createPrivateKey(pem);
	} catch {
		return undefined;
	}
}

function wrong(message: string, details: { readonly backend: string; readonly cure: string }): DstaError {
	return new DstaError("DSTA_CONFIG", message, details);
}

import { DstaError } from "../../errors.ts";
import type { Backend, ReadRequest } from "../backend.ts";
import { perSignal } from "../per-signal.ts";
import { selectValue } from "../select.ts";
import { shellWord } from "../shell.ts";
import type { RawReaderOptions, ReadRaw } from "./raw.ts";
import { readSecret, type Secret } from "./read.ts";
import type { Session } from "./session.ts";
import { isRaw, type KvPlace, overrideSettings, vaultCommand } from "./settings.ts";

/** Reads one path; fields of one secret share one read, as long as it is under way and for the same caller. */
export type Read = Backend["read"];

/** Makes the reader of paths. */
export function createReader(session: Session, options: RawReaderOptions): Read {
	const readsUnder = perSignal(() => new Map<string, Promise<Secret | undefined>>());
	let raw: Promise<ReadRaw> | undefined;

	async function readOtherEngine(request: ReadRequest, signal: AbortSignal): Promise<Secret | undefined> {
		raw ??= import("./raw.ts").then(({ createRawReader }) => createRawReader(session, options));
		return (await raw)(request, signal);
	}

	function readShared(
		{ overrides, path, version }: ReadRequest,
		signal: AbortSignal,
	): Promise<Secret | undefined> {
		const settings = overrideSettings(session.settings, overrides);
		const { secret, text } = path;
		const pinned = version === undefined ? undefined : toVersion(version, path, settings);
		const key = JSON.stringify([settings.namespace, settings.mount, settings.kv, secret, pinned]);
		const reads = readsUnder(signal);
		const read =
			reads.get(key) ??
			readSecret(session, { settings, secret, version: pinned, path: text, signal }).finally(() =>
				reads.delete(key),
			);
		reads.set(key, read);
		return read;
	}

	return async (request, signal) => {
		const read = isRaw(request.overrides) ? readOtherEngine : readShared;
		const secret = await read(request, signal);
		if (secret === undefined) return undefined;
		const value = selectValue(secret.content, request.path.selector);
		const { createdAt, location, version } = secret;
		return value === undefined ? undefined : { value, location, version, createdAt };
	};
}

/**
 * The number of a pinned version.
 * @throws {DstaError} DSTA_CONFIG it can be none of Vault's
 */
export function toVersion(
	version: string | number,
	{ secret, text }: ReadRequest["path"],
	place: KvPlace,
): number {
	const number = Number(version);
	if (Number.isSafeInteger(number) && number > 0) return number;
	throw new DstaError(
		"DSTA_CONFIG",
		`Vault has no version "${version}" of ${secret}: its versions are numbers`,
		{
			backend: "vault",
			path: text,
			cure: `Write version: 3 (${vaultCommand(place)} kv metadata get ${shellWord(`${place.mount}/${secret}`)} lists them), or give the entry backend: aws.`,
		},
	);
}

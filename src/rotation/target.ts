import {
	type Backend,
	type Found,
	isWritable,
	type SecretValue,
	type WritableBackend,
} from "../backends/backend.ts";
import { signalAfter } from "../backends/deadline.ts";
import { DstaError } from "../errors.ts";
import type { SecretPath } from "../secret-path.ts";

/** The field that is rotated, at the backend that has it. */
export interface Target {
	/** As the user wrote it. */
	readonly path: SecretPath;
	readonly secret: string;
	readonly field: string;
	readonly backend: WritableBackend;
	/** What it holds; `undefined`: it is not there yet. */
	readonly current: Found | undefined;
}

/** How long a request to a backend may take, and what ends it before. */
export interface Limits {
	readonly timeoutMs: number;
	readonly signal?: AbortSignal | undefined;
}

/** Where to look for a field. */
export interface Search extends Limits {
	/** Names of backends, in the order of asking. */
	readonly chain: readonly string[];
	get(name: string): Promise<Backend | undefined>;
	/** The variables that the value is for, by which an environment has it. */
	readonly names?: readonly string[];
}

/** A signal for one request. */
export function within({ signal, timeoutMs }: Limits): AbortSignal {
	const limit = signalAfter(timeoutMs);
	return signal === undefined ? limit : AbortSignal.any([limit, signal]);
}

/** The field that a path names; `undefined`: it names none. */
export function fieldOf({ selector }: SecretPath): string | undefined {
	if (selector.kind === "field") return selector.key;
	return selector.kind === "pointer" && selector.tokens.length === 1 ? selector.tokens[0] : undefined;
}

/**
 * Finds the first backend of a chain that has a field. None is passed over because it cannot be asked: that a copy is rotated at
 * the next one would be worse than nothing. Where nobody has it, it is a field that is not there yet, at the first that can be written.
 * @throws {DstaError} DSTA_USAGE the path names no field · DSTA_UNSUPPORTED what has it cannot be written, or has no fields · as `Backend.read`
 */
export async function findTarget(path: SecretPath, search: Search, signal = within(search)): Promise<Target> {
	const field = fieldOf(path);
	if (field === undefined)
		throw new DstaError("DSTA_USAGE", `${path.text} names no field of a secret`, {
			path: path.text,
			cure: "Write it: exchange/binance/api_key",
		});
	let place: WritableBackend | undefined;
	for (const name of search.chain) {
		const backend = await search.get(name);
		if (backend === undefined) continue;
		// In one turn, so that both are one request.
		const [found, current] = await Promise.all([
			backend.read({ path, names: search.names ?? [] }, signal),
			readField({ secret: path.secret, field, backend }, signal),
		]);
		if (found !== undefined && (!isWritable(backend) || current === undefined))
			throw unwritable(path, backend, isWritable(backend));
		if (!isWritable(backend)) continue;
		if (current !== undefined) return { path, secret: path.secret, field, backend, current };
		place ??= backend;
	}
	if (place !== undefined) return { path, secret: path.secret, field, backend: place, current: undefined };
	throw new DstaError(
		"DSTA_UNSUPPORTED",
		`No configured backend of ${search.chain.join(", ")} can be written`,
		{
			path: path.text,
			cure: "Configure Vault (VAULT_ADDR, VAULT_TOKEN) or AWS (AWS_REGION); the environment is not written.",
		},
	);
}

/** Reads the field and nothing else that its path could mean, perhaps in an older version. */
export function readField(
	{ backend, field, secret }: Pick<Target, "field" | "secret"> & { readonly backend: Backend },
	signal: AbortSignal,
	version?: string,
): Promise<Found | undefined> {
	const selector = { kind: "field", key: field, explicit: true } as const;
	const path = { text: `${secret}#${field}`, secret, selector };
	return backend.read({ path, names: [], ...(version === undefined ? {} : { version }) }, signal);
}

/** The notes beside a secret; `undefined` where there is no such secret, or nothing is ever kept. */
export async function readNotes(
	{ backend, secret }: Target,
	signal: AbortSignal,
): Promise<ReadonlyMap<string, string> | undefined> {
	return backend.annotations?.read(secret, signal);
}

/** Whether two values are the same, numbers that keep their text and structures included. */
export function isSameValue(one: SecretValue | undefined, other: SecretValue | undefined): boolean {
	return JSON.stringify(one) === JSON.stringify(other);
}

function unwritable(
	{ secret, text }: SecretPath,
	{ description, name }: Backend,
	canWrite: boolean,
): DstaError {
	return new DstaError(
		"DSTA_UNSUPPORTED",
		canWrite
			? `${text} is a text of its own at ${name}, and what is rotated is a field`
			: `${text} lies at ${name}, which cannot be written (${description})`,
		{
			backend: name,
			path: text,
			cure: canWrite
				? `Make it a field: dsta-run get --raw ${text} | dsta-run put ${secret} ${text.slice(secret.length + 1)}=-, and delete the text.`
				: "Move it to a backend that can be: dsta-run migrate --to vault, or --to aws.",
		},
	);
}

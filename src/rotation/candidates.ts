import type { Backend, ReadRequest } from "../backends/backend.ts";
import { isObject } from "../backends/select.ts";
import { DstaError } from "../errors.ts";
import {
	type Entry,
	isRaw,
	isWildcard,
	type RotateSettings,
	type SecretMap,
	sourcesOf,
} from "../map/secret-map.ts";
import { parseSecretPath, type SecretPath } from "../secret-path.ts";
import { fieldOf, type Limits, within } from "./target.ts";

/** A field that a map names, and how it is rotated. */
export interface Candidate {
	readonly path: SecretPath;
	readonly settings: RotateSettings;
	/** The entry that names it, or a wildcard that it belongs to. */
	readonly entry: Entry;
}

/** Where the entries of a map are looked for. */
export interface MapSearch extends Limits {
	chainOf(entry: Entry): readonly string[];
	get(name: string): Promise<Backend | undefined>;
}

/** The settings by which an entry is rotated: its own, and for what they do not say those of its map. */
export function settingsOf(map: Pick<SecretMap, "rotate">, entry: Entry): RotateSettings {
	return { ...map.rotate, ...entry.rotate };
}

/** The entry of a map that a path belongs to; a wildcard only where no other names it. */
export function entryFor(map: SecretMap, path: SecretPath): Entry | undefined {
	const field = fieldOf(path);
	const entries = entriesOf(map).filter((entry) => entry.path.secret === path.secret);
	return entries.find((entry) => fieldOf(entry.path) === field) ?? entries.find((entry) => isWildcard(entry));
}

/** What of a map can be rotated, wildcards by the fields that they have now; each field once. */
export async function findCandidates(map: SecretMap, search: MapSearch): Promise<readonly Candidate[]> {
	const signal = within(search);
	const found = await Promise.all(
		entriesOf(map).map(async (entry): Promise<readonly Candidate[]> => {
			const settings = settingsOf(map, entry);
			if (!isWildcard(entry))
				return fieldOf(entry.path) === undefined ? [] : [{ path: entry.path, settings, entry }];
			const keys = await keysOf(entry, search, signal);
			return keys.map((key) => ({ path: fieldPath(entry.path.secret, key), settings, entry }));
		}),
	);
	const byField = Map.groupBy(found.flat(), ({ path }) => `${path.secret}#${fieldOf(path)}`);
	return [...byField.values()].map(
		(group) => group.find(({ entry }) => !isWildcard(entry)) ?? (group[0] as Candidate),
	);
}

/**
 * Makes sure that an entry is written where it is read: a backend is written by the settings of its map, and what is written is
 * the current version.
 * @throws {DstaError} DSTA_UNSUPPORTED it has settings of its own, or a version
 */
export function checkOwnSettings({ backends, path: { text: path }, version }: Entry, backend: string): void {
	if (version !== undefined)
		throw new DstaError(
			"DSTA_UNSUPPORTED",
			`${path} is read in version ${version}, says the map, and a rotation makes another one`,
			{ backend, path, cure: "Take the version out of its entry." },
		);
	const own = Object.keys(backends?.[backend] ?? {});
	if (own.length === 0) return;
	throw new DstaError(
		"DSTA_UNSUPPORTED",
		`${path} is read with a ${own.join(" and ")} of its own at ${backend}, where dsta-run does not write`,
		{
			backend,
			path,
			cure: `Rotate it by a map whose top level says so: ${backend}: { ${own[0]}: … }.`,
		},
	);
}

function entriesOf({ entries, templates = [] }: SecretMap): readonly Entry[] {
	return [...new Set([...entries, ...sourcesOf(templates)])].filter((entry) => !isRaw(entry));
}

async function keysOf(entry: Entry, search: MapSearch, signal: AbortSignal): Promise<readonly string[]> {
	const request: ReadRequest = { path: entry.path, names: entry.names };
	for (const name of search.chainOf(entry)) {
		const found = await (await search.get(name))?.read(request, signal);
		if (found !== undefined) return isObject(found.value) && name !== "env" ? Object.keys(found.value) : [];
	}
	return [];
}

function fieldPath(secret: string, key: string): SecretPath {
	return parseSecretPath(/[/#*]|^\.{0,2}$/.test(key) ? `${secret}#${key}` : `${secret}/${key}`);
}

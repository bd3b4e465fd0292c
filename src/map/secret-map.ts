import type { SecretPath } from "../secret-path.ts";
import type { ValueType } from "./value-type.ts";

export const ENCODINGS = ["base64", "base64url", "hex"] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** What follows a failed read: ask the next backend of the chain, or stop the run. */
export type Reaction = "next" | "stop";

/** The policy as far as the map states it. */
export interface Policy {
	readonly unavailable?: Reaction;
	readonly denied?: Reaction;
}

type Scalar = string | number | boolean | undefined;

type Setting = Scalar | readonly Setting[] | { readonly [key: string]: Setting };

/** Settings of a backend, or of one entry for it: plain scalars, lists or groups of them; durations already in milliseconds. */
export type BackendSettings = Readonly<Record<string, Setting>>;

/** Where something stands in its file; both count from 1. */
export interface Position {
	readonly line: number;
	readonly column: number;
}

/** How the command gets a value other than in the variable itself, which then holds a path to it. */
export const DELIVERIES = ["file", "fd"] as const;
export type Delivery = (typeof DELIVERIES)[number];

/** One line of the map: a secret path and the variables that get its value. */
export interface Entry {
	readonly path: SecretPath;
	/**
	 * Variable names; for a path that ends in `/*` one pattern: a prefix and `*`.
	 * None for a question outside a map: its value goes by its path, its fields by their keys.
	 */
	readonly names: readonly string[];
	readonly position?: Position;
	readonly default?: string;
	readonly optional?: boolean;
	/** The only backend to ask; `chain` and `backend` exclude each other. */
	readonly backend?: string;
	readonly chain?: readonly string[];
	readonly on?: Policy;
	readonly type?: ValueType;
	readonly match?: RegExp;
	readonly decode?: Encoding;
	readonly version?: string | number;
	readonly as?: Delivery;
	/** The permissions of its file. */
	readonly mode?: number;
	/** Settings per backend name: `{ vault: { mount: "team" } }`. */
	readonly backends?: Readonly<Record<string, BackendSettings>>;
}

export const FILTERS = ["url", "json", "base64", "shell"] as const;
export type Filter = (typeof FILTERS)[number];

/** A text with secrets in it, for one variable. */
export interface Template {
	readonly name: string;
	readonly parts: readonly (string | Insertion)[];
}

/** A place of a template, and the value that goes there. */
export interface Insertion {
	/** The entry that has it: one of the map, or one of the template's own, which sets no variable. */
	readonly source: Entry;
	/** What is done to the value, in this order. */
	readonly filters: readonly Filter[];
}

/** Whether dsta-run stays in front of its command, or becomes it. */
export const RUN_MODES = ["spawn", "exec"] as const;
export type RunMode = (typeof RUN_MODES)[number];

export interface RunSettings {
	readonly mode?: RunMode;
	/** Whether a service manager hears of the run; `command`: that it is ready the command says itself. */
	readonly notify?: boolean | "command";
	readonly pristine?: boolean;
	readonly pass?: readonly string[];
	readonly strip?: readonly string[];
	/** Whether files of secrets may stay when nobody is left to remove them. */
	readonly keepFiles?: boolean;
	/** The number of a signal, and that of what the command gets instead; 0 for nothing. */
	readonly signals?: ReadonlyMap<number, number>;
	readonly killAfterMs?: number;
	readonly subreaper?: boolean;
	/** The number of the signal that the command gets when dsta-run is killed. */
	readonly onOrphan?: number;
}

/** What a key is read from: a file, a credential of the systemd unit, or what a command prints. */
export type KeySource =
	| { readonly file: string }
	| { readonly credential: string }
	| { readonly command: readonly string[] };

/** Where the last answers of the backends are kept, encrypted, for the time when one of them cannot be asked. */
export interface SnapshotSettings {
	readonly file: string;
	/** How long after it was read an answer may stand in for its backend. */
	readonly maxAgeMs: number;
	readonly key: KeySource;
}

/** A map file, read and checked. */
export interface SecretMap {
	readonly file: string;
	readonly entries: readonly Entry[];
	readonly templates?: readonly Template[];
	readonly chain?: readonly string[];
	readonly strict?: boolean;
	readonly timeoutMs?: number;
	readonly on?: Policy;
	/** Top-level settings per backend name. */
	readonly backends: Readonly<Record<string, BackendSettings>>;
	readonly run: RunSettings;
	readonly snapshot?: SnapshotSettings;
}

export function isWildcard(entry: Pick<Entry, "path">): boolean {
	return entry.path.selector.kind === "all";
}

/** Whether an entry is asked of an engine of Vault that is no KV engine. */
export function isRaw({ backends }: Pick<Entry, "backends">): boolean {
	return backends?.vault?.engine === "raw";
}

/** The entries that templates take values from, each once. */
export function sourcesOf(templates: readonly Template[]): readonly Entry[] {
	const insertions = templates.flatMap(({ parts }) => parts.filter((part) => typeof part !== "string"));
	return [...new Set(insertions.map(({ source }) => source))];
}

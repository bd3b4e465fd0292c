import type { SecretPath } from "../secret-path.ts";
import type { Setting } from "../setting.ts";
import type { ValueType } from "./value-type.ts";

/** What a stored value may be encoded in, and is decoded from. */
export type Encoding = "base64" | "base64url" | "hex";
export const ENCODINGS: readonly Encoding[] = ["base64", "base64url", "hex"];

/** What follows a failed read: ask the next backend of the chain, or stop the run. */
export type Reaction = "next" | "stop";

/** The policy as far as the map states it. */
export interface Policy {
	/** When a backend cannot be reached or gives no usable answer. */
	readonly unavailable?: Reaction;
	/** When a backend refuses the credentials or the access. */
	readonly denied?: Reaction;
}

/** Settings of a backend, or of one entry for it: plain scalars, lists or groups of them; durations already in milliseconds. */
export type BackendSettings = Readonly<Record<string, Setting>>;

/** Where something stands in its file. */
export interface Position {
	/** The line, from 1. */
	readonly line: number;
	/** The column, from 1. */
	readonly column: number;
}

/** How the command gets a value other than in the variable itself: in a file, or in a sealed one in memory. */
export type Delivery = "file" | "fd";
export const DELIVERIES: readonly Delivery[] = ["file", "fd"];

/** One line of the map: a secret path and the variables that get its value. */
export interface Entry {
	/** What is read. */
	readonly path: SecretPath;
	/**
	 * Variable names; for a path that ends in `/*` one pattern: a prefix and `*`.
	 * None for a question outside a map: its value goes by its path, its fields by their keys.
	 */
	readonly names: readonly string[];
	/** Where the entry stands in its file. */
	readonly position?: Position;
	/** The value when no backend has the secret. */
	readonly default?: string;
	/** Whether the variable is left out when no backend has the secret, instead of an error. */
	readonly optional?: boolean;
	/** The only backend to ask; `chain` and `backend` exclude each other. */
	readonly backend?: string;
	/** The backends to ask for this entry, in this order. */
	readonly chain?: readonly string[];
	/** The policy of this entry, which beats that of the map. */
	readonly on?: Policy;
	/** What the value must look like. */
	readonly type?: ValueType;
	/** What the value must match. */
	readonly match?: RegExp;
	/** What the stored value is encoded in. */
	readonly decode?: Encoding;
	/** A pinned version: a number at Vault, a version id or a stage at AWS. */
	readonly version?: string | number;
	/** How the command gets the value, where not in the variable itself. */
	readonly as?: Delivery;
	/** The permissions of its file. */
	readonly mode?: number;
	/** What follows when it changes while its command runs, in the place of what the map says for all. */
	readonly onChange?: ChangeReaction;
	/** How it is rotated, in the place of what the map says for all. */
	readonly rotate?: RotateSettings;
	/** Settings per backend name: `{ vault: { mount: "team" } }`. */
	readonly backends?: Readonly<Record<string, BackendSettings>>;
}

/** What a template may do to a value, by the name of the filter. */
export type Filter = "url" | "json" | "base64" | "shell";
export const FILTERS: readonly Filter[] = ["url", "json", "base64", "shell"];

/** A text with secrets in it, for one variable. */
export interface Template {
	/** The name of the variable. */
	readonly name: string;
	/** Its texts and the places of its secrets, in their order. */
	readonly parts: readonly (string | Insertion)[];
}

/** A place of a template, and the value that goes there. */
export interface Insertion {
	/** The entry that has it: one of the map, or one of the template's own, which sets no variable. */
	readonly source: Entry;
	/** What is done to the value, in this order. */
	readonly filters: readonly Filter[];
}

/** Whether dsta-run stays in front of its command (`spawn`), or becomes it (`exec`). */
export type RunMode = "spawn" | "exec";
export const RUN_MODES: readonly RunMode[] = ["spawn", "exec"];

/** What follows when a secret has changed while its command runs. */
export type ChangeReaction =
	/** The command is stopped and started with the new values. */
	| { readonly kind: "restart" }
	/** The files of secrets are written anew, and then it gets a signal, by its number. */
	| { readonly kind: "signal"; readonly signal: number }
	/** The files of secrets are written anew, and then another command is run. */
	| { readonly kind: "exec"; readonly command: Words }
	/** The command is stopped, and dsta-run ends with a status: whoever has started it starts it again. */
	| { readonly kind: "exit"; readonly status: number }
	| { readonly kind: "ignore" };

/** A command and its arguments. */
export type Words = readonly [string, ...string[]];

/** How it shows that a command which was started again is ready, and for how long that is waited for. */
export type Readiness = (
	| { readonly http: string }
	/** `HOST:PORT`. */
	| { readonly tcp: string }
	| { readonly exec: Words }
	/** It says so itself, by READY=1 to NOTIFY_SOCKET. */
	| { readonly notify: true }
) & { readonly timeoutMs?: number };

/** How a secret is rotated. */
export interface RotateSettings {
	/** How often. */
	readonly everyMs?: number;
	/** What makes the new value: a generator such as `alnum:32`, or a command that prints it. */
	readonly generate?: string | { readonly command: Words };
	/** What has those who use it take the new value: a command, or waiting until all of these tell of its version. */
	readonly restart?:
		| { readonly command: Words }
		| { readonly waitFor: readonly string[]; readonly timeoutMs?: number };
	/** What shows that the new value works. */
	readonly verify?: { readonly command: Words };
	/** What takes the old one back, and how long after that. */
	readonly revoke?: { readonly command: Words; readonly afterMs?: number };
}

/** Where it is recorded what was done, without values. */
export interface AuditSettings {
	/** The file that the records are appended to. */
	readonly file: string;
	/** The size over which the next one is begun, in bytes. */
	readonly maxBytes?: number;
	/** How many files are kept beside the current one, at least 1. */
	readonly keep?: number;
}

/** How the command is run. */
export interface RunSettings {
	/** How often it is looked whether secrets have changed, in milliseconds; `false`: not at all. */
	readonly watch?: number | false;
	/** What follows when one has, where its entry does not say. */
	readonly onChange?: ChangeReaction;
	/** Whether a secret that is gone counts as changed; by default its old value stays, and a warning says so. */
	readonly onAbsent?: "ignore" | "change";
	/** The number of the signal by which the command is stopped to be started again. */
	readonly stopSignal?: number;
	/** How long it may take to stop, in milliseconds; then it is killed. */
	readonly stopTimeoutMs?: number;
	/** For how long changes are gathered into one, in milliseconds. */
	readonly settleMs?: number;
	/** Each instance waits for a random part of this before it acts on a change, in milliseconds. */
	readonly splayMs?: number;
	/** For how long a command that was started again with new values has to run, in milliseconds; otherwise it gets the previous ones. */
	readonly probationMs?: number;
	/** How it shows that a command that was started again is ready; otherwise it gets the previous values. */
	readonly ready?: Readiness;
	/** The number of the signal by which the map and its secrets are read anew. */
	readonly reloadSignal?: number;
	/** Where the metrics are served. */
	readonly metrics?: string;
	/** `spawn` stays in front of the command, `exec` becomes it. */
	readonly mode?: RunMode;
	/** Whether a service manager hears of the run; `command`: that it is ready the command says itself. */
	readonly notify?: boolean | "command";
	/** Whether the command inherits nothing but what is passed and the secrets. */
	readonly pristine?: boolean;
	/** Whether secrets are replaced in what the command writes. */
	readonly redact?: boolean;
	/** Names of variables that the command inherits all the same; `*` for any characters. */
	readonly pass?: readonly string[];
	/** Names of variables that it does not inherit; `*` for any characters. */
	readonly strip?: readonly string[];
	/** Whether files of secrets may stay when nobody is left to remove them. */
	readonly keepFiles?: boolean;
	/** The number of a signal, and that of what the command gets instead; 0 for nothing. */
	readonly signals?: ReadonlyMap<number, number>;
	/** How long the command may take to end after a signal that asks it to, in milliseconds; then it is killed. */
	readonly killAfterMs?: number;
	/** Whether dsta-run reaps the orphans of its command. */
	readonly subreaper?: boolean;
	/** The number of the signal that the command gets when dsta-run is killed. */
	readonly onOrphan?: number;
}

/** What a key is read from: a file, a credential of the systemd unit, or what a command prints. */
export type KeySource =
	| { readonly file: string }
	| { readonly credential: string }
	| { readonly command: Words };

/** Where the last answers of the backends are kept, encrypted, for the time when one of them cannot be asked. */
export interface SnapshotSettings {
	/** The file that holds them. */
	readonly file: string;
	/** How long after it was read an answer may stand in for its backend, in milliseconds. */
	readonly maxAgeMs: number;
	/** Where the key of its encryption is read from. */
	readonly key: KeySource;
}

/** A map file, read and checked. */
export interface SecretMap {
	/** How messages name its file. */
	readonly file: string;
	/** Its entries, in their order. */
	readonly entries: readonly Entry[];
	/** Its templates, in their order. */
	readonly templates?: readonly Template[];
	/** The backends to ask, in this order. */
	readonly chain?: readonly string[];
	/** Whether an unavailable backend is an error, instead of a reason to ask the next one. */
	readonly strict?: boolean;
	/** The deadline of the whole resolution in milliseconds. */
	readonly timeoutMs?: number;
	/** What follows a failed read. */
	readonly on?: Policy;
	/** Top-level settings per backend name. */
	readonly backends: Readonly<Record<string, BackendSettings>>;
	/** How the command is run. */
	readonly run: RunSettings;
	/** Where the last answers are kept, if they are. */
	readonly snapshot?: SnapshotSettings;
	/** How secrets are rotated whose entry does not say. */
	readonly rotate?: RotateSettings;
	/** Where it is recorded what was done. */
	readonly audit?: AuditSettings;
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

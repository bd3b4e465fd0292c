import type { ErrorCode } from "../errors.ts";
import type { LogSubject } from "../log-event.ts";
import type { SecretPath } from "../secret-path.ts";
import type { Setting } from "../setting.ts";
import type { EnvFile } from "./env/env-file.ts";

/** What a backend stores: text, or whatever JSON can say. A number that the runtime would write differently (1.10, 1e400) is a raw JSON object. */
export type SecretValue =
	| string
	| number
	| boolean
	| null
	| readonly SecretValue[]
	| { readonly [key: string]: SecretValue };

/** Settings for one backend, of the map or of one entry, as the map gives them (`vault: { mount: team, auth: { … } }`). */
export type Overrides = Readonly<Record<string, Setting>>;

/** One question to a backend. */
export interface ReadRequest {
	/** What to read. */
	readonly path: SecretPath;
	/** The variables that the value is for; a wildcard path has one pattern that ends in `*`. */
	readonly names: readonly string[];
	/** A pinned version: a number at Vault, a version id or stage at AWS. */
	readonly version?: string | number | undefined;
	/** Settings for this request alone, which beat the backend's own. */
	readonly overrides?: Overrides | undefined;
}

/** An answer to a ReadRequest: for a path that ends in `/*`, `value` is an object of all fields. */
export interface Found {
	/** What is stored there. */
	readonly value: SecretValue;
	/** Where the value lay, in the backend's own words: `secret/data/exchange/binance`. Never holds a value. */
	readonly location: string;
	/** The version that was read, where the backend keeps versions. */
	readonly version?: string | undefined;
	/** When that came into being, where the answer tells. */
	readonly createdAt?: Date | undefined;
}

/** The time for which a backend has lent something, such as a user of a database. */
export interface Lease {
	/** What was lent, in the backend's own words: `database/creds/app`. */
	readonly path: string;
	/** What is left of it, in milliseconds; infinity where it has no end. */
	readonly leftMs: number;
}

/** What becomes of a lease while somebody needs it. */
export interface LeaseNews extends Lease {
	/** `late`: it could not be renewed for now, and is tried again. `ending`: nothing makes it longer, and it may be over. */
	readonly kind: "late" | "ending";
	/** Why, as a part of a sentence; never holds a value. */
	readonly reason: string;
	/** What to do: whole sentences. */
	readonly cure: string;
}

/** What tells, without its value, whether an answer is still the same. */
export type Revision =
	| { readonly kind: "absent" }
	/** A text that is another one whenever the answer may be; it holds no value. */
	| { readonly kind: "known"; readonly text: string }
	/** It does not show but in the value itself. */
	| { readonly kind: "unknown" };

/** What was seen where somebody looks for what is wrong; it holds no value. */
export interface Observation {
	/** `error`: a run would fail by it, or may. `warning`: it does no good. `info`: to be known. `ok`: all is well. */
	readonly severity: "ok" | "info" | "warning" | "error";
	/** What was seen, in a sentence. */
	readonly message: string;
	/** What to do: whole sentences. */
	readonly cure?: string | undefined;
	/** The secret path concerned. */
	readonly path?: string | undefined;
	/** Of what a run would fail by: the code of that failure. */
	readonly code?: ErrorCode | undefined;
}

/** One thing that a backend can look at for whoever looks for what is wrong. */
export interface Examination {
	/** What is looked at: a word that stays, such as `token`. */
	readonly name: string;
	/**
	 * Looks, and changes nothing.
	 * @throws {DstaError} as `Backend.read`: that is what was seen, then
	 */
	look(signal: AbortSignal): Promise<readonly Observation[]>;
}

/**
 * A place that secrets are read from.
 * An implementation loads its client on first use and not before; reads of one turn of the event loop may share a request.
 */
export interface Backend {
	/** The name that chains, maps and messages know it by. */
	readonly name: string;
	/** What is asked, for messages: an address, a region, a file. */
	readonly description: string;
	/**
	 * Reads one path. `undefined` means "I do not have it, ask the next".
	 * @throws {DstaError} DSTA_DENIED, DSTA_UNAVAILABLE, DSTA_TIMEOUT, DSTA_CONFIG or DSTA_INVALID_VALUE; never anything else
	 */
	read(request: ReadRequest, signal: AbortSignal): Promise<Found | undefined>;
	/**
	 * Whether what a path leads to may have changed, as cheaply as this backend can tell. `absent` and `known` say nothing of a single
	 * field. Absent where only the value shows it.
	 * @throws {DstaError} as `read`
	 */
	revision?(request: ReadRequest, signal: AbortSignal): Promise<Revision>;
	/** Where `read` looks for a path, in the order of looking, for messages. Asks nobody. */
	locations(request: ReadRequest): readonly string[];
	/**
	 * Who answers a request, as a text that no other server, account, region, namespace or mount has. Asks nobody.
	 * `undefined`: the answer is not to outlive this run, as of an engine that makes credentials for a time.
	 * Absent where no answer is.
	 */
	identity?(request: ReadRequest): string | undefined;
	/** What to do when a path should be here and is not: whole sentences with the commands of this backend. Asks nobody. */
	advice(request: ReadRequest): string;
	/**
	 * Asks whether the backend answers and accepts our credentials.
	 * @throws {DstaError} as `read`
	 */
	check(signal: AbortSignal): Promise<void>;
	/**
	 * What can be looked at one by one, for a map that asks this of it, and perhaps watches it. Asks nobody yet. Absent where `check`
	 * says all.
	 */
	examinations?(requests: readonly ReadRequest[], isWatched: boolean): Promise<readonly Examination[]>;
	/** The leases of what it has lent for this run. */
	leases?(): readonly Lease[];
	/** Keeps its leases alive until `release`; tells of those that it cannot keep. Never holds the process. */
	keepAlive?(onNews: (news: LeaseNews) => void): Promise<void>;
	/**
	 * Gives back what was obtained for this run: a login's own token, and leases. Absent where there can be nothing to give back.
	 * Never rejects for the server's sake: what cannot be given back is a warning through `context.log`.
	 */
	readonly release?: ((signal: AbortSignal) => Promise<void>) | undefined;
	/** Lets go of connections; the backend is not used afterwards. */
	close(): void;
}

/** How a secret is written. */
export interface WriteOptions {
	/** Replace all fields of the secret instead of merging into them. */
	readonly replace: boolean;
	/** Whether a field that has another value may get the new one (the default); otherwise nothing is written then. */
	readonly overwrite?: boolean;
	/**
	 * The values that fields must still have, to the letter, `undefined` where there was none; otherwise nothing is written
	 * (DSTA_CONFLICT). What has changed beside them is merged into.
	 */
	readonly from?: ReadonlyMap<string, SecretValue | undefined>;
	/** Ends the writing. */
	readonly signal: AbortSignal;
}

/** What was written, without any value. */
export interface Written {
	/** Where it lies, in the backend's own words. */
	readonly location: string;
	/** The version that came into being, where the backend keeps versions. */
	readonly version?: string | undefined;
	/** Whether there was no such secret before. */
	readonly created: boolean;
	/** The names of all the fields that the secret has now. */
	readonly fields: readonly string[];
}

/** A version of a secret that a backend keeps. */
export interface StoredVersion {
	/** What a `ReadRequest` names it by. */
	readonly version: string;
	/** When it came into being. */
	readonly createdAt: Date | undefined;
	/** Whether it is what is read where no version is named; one that was deleted may be. */
	readonly isCurrent: boolean;
	/** Whether it can still be read. */
	readonly isReadable: boolean;
	/** Whether it was to become the current one and did not: somebody is at it, or was cut off. */
	readonly isPending: boolean;
}

/** Short texts beside a secret, by their names: custom metadata at Vault, tags at AWS. Never values of secrets. */
export interface Annotations {
	/**
	 * All of them; `undefined`: there is no such secret.
	 * @throws {DstaError} as `read`; DSTA_UNSUPPORTED the engine keeps none
	 */
	read(secret: string, signal: AbortSignal): Promise<ReadonlyMap<string, string> | undefined>;
	/**
	 * Sets some and, where `undefined`, removes them; others stay. Names and texts are of ASCII letters, digits, space and
	 * `_.:/=+-@`; a name has from 1 to 128 characters, a text from 1 to 256.
	 * @throws {DstaError} as `read`; DSTA_NOT_FOUND there is no such secret · DSTA_CONFIG one is not of this kind, or there are too many
	 */
	write(secret: string, changes: ReadonlyMap<string, string | undefined>, signal: AbortSignal): Promise<void>;
}

/** A backend that can also change and list its secrets. */
export interface WritableBackend extends Backend {
	/**
	 * Sets fields of a secret, which comes into being if need be. Other fields stay unless `replace`.
	 * @throws {DstaError} as `read`; DSTA_CONFLICT when somebody else keeps changing the secret, or it may not be overwritten
	 */
	write(secret: string, fields: ReadonlyMap<string, string>, options: WriteOptions): Promise<Written>;
	/**
	 * Names of secrets below a folder (`""`: the top), relative to the mount or prefix, sorted; a folder ends in `/`.
	 * @throws {DstaError} as `read`
	 */
	list(folder: string, signal: AbortSignal): Promise<readonly string[]>;
	/** What can be kept beside a secret; absent where nothing can. */
	readonly annotations?: Annotations;
	/**
	 * The versions of a secret, the newest first; none where the engine keeps none.
	 * @throws {DstaError} as `read`
	 */
	versions?(secret: string, signal: AbortSignal): Promise<readonly StoredVersion[]>;
}

export function isWritable(backend: Backend): backend is WritableBackend {
	return "write" in backend;
}

/** What a backend is made from; nothing else of the process is visible to it. */
export interface BackendContext {
	/** The environment that configures it. */
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The home directory, for `~/.vault-token` and the like. */
	readonly home: string | undefined;
	/** The working directory, for relative files. */
	readonly cwd: string;
	/** All paths of the map: the env backend never guesses a name that two of them could mean. */
	readonly paths: readonly SecretPath[];
	/** The map's settings for this backend. */
	readonly settings: Overrides;
	/** Whether the user speaks of this backend, by an option or by settings, so that it counts as configured where it can. */
	readonly isNamed?: boolean;
	/** The dotenv file behind the environment, if there is to be one. */
	readonly envFile?: EnvFile | undefined;
	/** Hears of each request that was sent: the time to do other work, while the answer is awaited. */
	readonly onSent?: (() => void) | undefined;
	/** Kills a process and all of its group; where it is missing, nobody but a process itself is killed. */
	readonly killGroup?: ((pid: number) => void) | undefined;
	/** Kills a process and all that it has started and is still there; where it is missing, nobody but a process itself is killed. */
	readonly killTree?: ((pid: number) => void) | undefined;
	/** Has something done, which must not wait, before a signal ends this process; what it answers takes that back. */
	readonly beforeEnd?: ((action: () => void) => () => void) | undefined;
	/** Takes value-free messages. */
	readonly log: (level: "warn" | "debug", message: string, about: LogSubject) => void;
}

/** Makes a backend, or answers `undefined` when nothing configures it. Loads no client and asks nobody. */
export type BackendFactory = (context: BackendContext) => Backend | undefined;

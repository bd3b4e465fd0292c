import { isWritable, type Written } from "../backends/backend.ts";
import { signalAfter } from "../backends/deadline.ts";
import type { BackendName } from "../backends/registry.ts";
import { DstaError } from "../errors.ts";
import type { Entry } from "../map/secret-map.ts";
import type { SecretMetrics } from "../observe/metrics.ts";
import { DEFAULT_TIMEOUT_MS } from "../resolve/chain.ts";
import { countQuestions } from "../resolve/count-questions.ts";
import { type Resolution, resolveEntries } from "../resolve/resolve.ts";
import { parseSecretName, parseSecretPath } from "../secret-path.ts";
import type { SecretBackend } from "./availability.ts";
import { type BackendChoice, type ManagedBackends, openBackends } from "./managed-backends.ts";
import { checkMs } from "./milliseconds.ts";
import type { AwsSettings, VaultSettings } from "./settings.ts";
import { createSharedReads, type Limits, type SharedReads } from "./shared-reads.ts";

/** How a {@link SecretManager} finds secrets. */
export interface SecretManagerOptions {
	/** Ask only this backend: `"vault"`, `"aws"`, `"env"`, a registered one, or one that was made. Excludes `chain`. */
	readonly backend?: BackendChoice;
	/** The backends to ask, in this order; by default Vault, AWS Secrets Manager and the environment. */
	readonly chain?: readonly BackendChoice[];
	/** Whether an unavailable backend is an error, instead of a reason to ask the next one; `false` by default. */
	readonly strict?: boolean;
	/** The environment that configures the backends, and that secrets may lie in; `process.env` by default. */
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** The dotenv file behind the environment; `.env` by default, where there is one; `false`: none. */
	readonly envFile?: string | false;
	/** The directory of relative files; the working directory by default. */
	readonly cwd?: string;
	/** Settings of Vault, over which the environment wins. */
	readonly vault?: VaultSettings;
	/** Settings of AWS Secrets Manager, over which the environment wins. */
	readonly aws?: AwsSettings;
	/** The deadline of each call in milliseconds; 30 000 by default. */
	readonly timeoutMs?: number;
	/** How long a value is kept in memory, unless a backend before it failed, in milliseconds; 60 000 by default, 0: not at all. */
	readonly cacheTtlMs?: number;
	/** Counts what the backends are asked, as `createSecretMetrics` makes it. */
	readonly metrics?: Pick<SecretMetrics, "observe">;
	/** Hears of each backend that is passed over, and of each default that stands in for one; `process.emitWarning` by default. */
	readonly onWarning?: (message: string) => void;
}

/** What any call may say. */
export interface CallOptions {
	/** Ends this call, not what others wait for. */
	readonly signal?: AbortSignal;
	/** The deadline of this call in milliseconds. */
	readonly timeoutMs?: number;
	/** Whether to ask the backends even if the value is in memory, or was asked for before. */
	readonly fresh?: boolean;
}

/** What a call for one secret may say. */
export interface GetSecretOptions extends CallOptions {
	/** What to answer when no backend has the secret. */
	readonly default?: string;
	/** A pinned version: a number at Vault, a version id or a stage at AWS. */
	readonly version?: string | number;
}

/** What a call for the credentials of an exchange may say. */
export interface ExchangeOptions<Key extends string> extends CallOptions {
	/** The fields that must be there; `api_key` and `api_secret` by default. */
	readonly keys?: readonly Key[];
}

/** The fields of an exchange's secret: those that must be there, and what else lies beside them. */
export type ExchangeCredentials<Key extends string = "api_key" | "api_secret"> = {
	readonly [K in Key]: string;
} & { readonly [other: string]: string | undefined };

/** The backends of a manager, for the rest of the library. */
export let backendsOf: (manager: SecretManager) => ManagedBackends;

/**
 * Reads secrets through a chain of backends, or from one of them, and keeps what it found for a while.
 * Calls of one turn of the event loop share requests, and what is being asked for is not asked for twice.
 */
export class SecretManager {
	readonly #backends: ManagedBackends;
	readonly #reads: SharedReads;
	readonly #strict: boolean;
	readonly #metrics: SecretManagerOptions["metrics"];
	#isClosed = false;

	static {
		backendsOf = (manager) => {
			manager.#checkOpen();
			return manager.#backends;
		};
	}

	/**
	 * Makes a manager, and asks nobody.
	 * @throws {DstaError} DSTA_USAGE an option makes no sense · DSTA_CONFIG, DSTA_FILE_NOT_FOUND a setting is wrong
	 */
	constructor(options: SecretManagerOptions = {}) {
		const { cacheTtlMs = DEFAULT_CACHE_TTL_MS, strict = false, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
		checkMs("cacheTtlMs", cacheTtlMs);
		checkMs("timeoutMs", timeoutMs);
		this.#strict = strict;
		this.#metrics = options.metrics;
		this.#backends = openBackends(options);
		this.#reads = createSharedReads({
			resolve: (entries, limits) => this.#resolve(entries, limits),
			timeoutMs,
			keepMs: cacheTtlMs,
		});
	}

	/** The backend that is asked first: the one that this manager was made for, or the first of its chain that is configured. */
	get backend(): SecretBackend {
		return this.#backends.first;
	}

	/** The name of `backend`. */
	get backendName(): string {
		return this.#backends.first.name;
	}

	/**
	 * The value of a path such as `exchange/binance/api_key`.
	 * @throws {DstaError} DSTA_NOT_FOUND, DSTA_DENIED, DSTA_UNAVAILABLE, DSTA_TIMEOUT, DSTA_CONFIG or DSTA_INVALID_VALUE ·
	 * DSTA_MAP it is no path · DSTA_USAGE it stands for several values, the default is no text, or the manager is closed
	 */
	async getSecret(path: string, options: GetSecretOptions = {}): Promise<string> {
		const { default: fallback, version, ...patience } = options;
		if (fallback !== undefined && typeof fallback !== "string")
			throw usage(`The default of ${path} is no text`, `Write it as one: { default: "${fallback}" }`);
		const parsed = parseSecretPath(path);
		if (parsed.selector.kind === "all")
			throw usage(
				`${path} stands for several values, and getSecret gives one`,
				`Name a field, or take all of them: getSecrets("${parsed.secret}").`,
			);
		const resolution = await this.#read(
			{ path: parsed, names: [], ...(version === undefined ? {} : { version }) },
			patience,
		);
		const [error] = resolution.errors;
		if (error === undefined) return resolution.values.get(path) as string;
		if (fallback === undefined || resolution.missing.length === 0) throw error;
		this.#warnOfDefault(resolution);
		return fallback;
	}

	/**
	 * All fields of a secret such as `exchange/binance`, by their stored names.
	 * @throws {DstaError} as `getSecret`
	 */
	async getSecrets(secret: string, options: CallOptions = {}): Promise<Record<string, string>> {
		const { errors, values } = await this.#read({ path: parseSecretPath(`${secret}/*`), names: [] }, options);
		if (errors[0] !== undefined) throw errors[0];
		return Object.fromEntries(values);
	}

	/**
	 * All fields of `exchange/NAME`, of which `api_key` and `api_secret`, or the `keys` given, must be there.
	 * @throws {DstaError} DSTA_NOT_FOUND also where one of those is missing · as `getSecret`
	 */
	async getExchangeCredentials<const Key extends string = "api_key" | "api_secret">(
		exchange: string,
		options: ExchangeOptions<Key> = {},
	): Promise<ExchangeCredentials<Key>> {
		const { keys = ["api_key", "api_secret"], ...patience } = options;
		const secret = `exchange/${exchange}`;
		const fields = await this.getSecrets(secret, patience);
		const missing = keys.filter((key) => !Object.hasOwn(fields, key));
		if (missing.length === 0) return fields as ExchangeCredentials<Key>;
		throw new DstaError("DSTA_NOT_FOUND", `Secret not found: ${secret} has no ${missing.join(" and no ")}`, {
			path: secret,
			cure: `Write it: dsta-run put ${secret} ${missing.map((key) => `${key}=-`).join(" ")}`,
		});
	}

	/**
	 * Sets fields of a secret at the backend that is asked first; its other fields stay.
	 * @throws {DstaError} DSTA_UNSUPPORTED the backend cannot be written · DSTA_CONFLICT somebody else keeps changing the secret ·
	 * DSTA_MAP it is no path of a secret · as `getSecret`
	 */
	async setSecrets(
		secret: string,
		fields: Readonly<Record<string, string>>,
		{ signal, timeoutMs = DEFAULT_TIMEOUT_MS }: Pick<CallOptions, "signal" | "timeoutMs"> = {},
	): Promise<Written & { readonly backend: string }> {
		this.#checkOpen();
		checkMs("timeoutMs", timeoutMs);
		signal?.throwIfAborted();
		const name = parseSecretName(secret);
		const { first } = this.#backends;
		const backend = await this.#backends.get(first.name as BackendName);
		if (backend === undefined || !isWritable(backend))
			throw new DstaError("DSTA_UNSUPPORTED", `${first.name} cannot be written (${first.description})`, {
				backend: first.name,
				path: secret,
				cure: 'Make the manager for one that can: new SecretManager({ backend: "vault" }).',
			});
		const limit = signalAfter(timeoutMs);
		const bound = signal === undefined ? limit : AbortSignal.any([limit, signal]);
		const options = { replace: false, signal: bound };
		const written = await backend.write(name, new Map(Object.entries(fields)), options);
		this.#reads.clear();
		return { ...written, backend: first.name };
	}

	/** Forgets what was found, so that the next calls ask again. */
	clearCache(): void {
		this.#reads.clear();
	}

	/**
	 * Forgets what was found, refuses the calls under way and lets go of what the backends hold, but for those that were made by
	 * others; the manager is not used afterwards.
	 */
	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		this.#reads.close(closed());
		await this.#backends.release();
	}

	/** As `close`, for `await using`. */
	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	#checkOpen(): void {
		if (this.#isClosed) throw closed();
	}

	async #read(entry: Entry, options: CallOptions): Promise<Resolution> {
		this.#checkOpen();
		checkMs("timeoutMs", options.timeoutMs);
		const { chain, isSingle } = this.#backends;
		return this.#reads.read(isSingle ? { ...entry, backend: chain[0] as string } : entry, options);
	}

	async #resolve(entries: readonly Entry[], { signal, timeoutMs }: Limits): Promise<readonly Resolution[]> {
		const resolutions = await resolveEntries(entries, {
			backends: this.#backends,
			chain: this.#backends.chain,
			strict: this.#strict,
			named: new Set(),
			timeoutMs,
			backendTimeoutMs: this.#backends.timeoutMs,
			onPassedOver: ({ message }) => this.#backends.warn(`${message}; the next backend is asked`),
			onDefault: () => undefined,
			signal,
		});
		if (this.#metrics !== undefined) countQuestions(resolutions, this.#metrics);
		return resolutions;
	}

	#warnOfDefault({ attempts, entry }: Resolution): void {
		const failed = attempts.find(({ outcome }) => outcome === "failed");
		if (failed !== undefined)
			this.#backends.warn(
				`the default of ${entry.path.text} stands in for ${failed.backend}: ${failed.detail}`,
			);
	}
}

const DEFAULT_CACHE_TTL_MS = 60_000;

function closed(): DstaError {
	return usage("The secret manager is closed", "Make a new one, or close this one later.");
}

function usage(message: string, cure: string): DstaError {
	return new DstaError("DSTA_USAGE", message, { cure });
}

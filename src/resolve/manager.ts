import { openEnvFile } from "../backends/env/env-file.ts";
import { BACKEND_NAMES, type BackendName } from "../backends/registry.ts";
import { DstaError } from "../errors.ts";
import type { Entry } from "../map/secret-map.ts";
import { parseSecretPath } from "../secret-path.ts";
import { type Backends, createBackends } from "./backends.ts";
import { DEFAULT_BACKEND_TIMEOUT_MS, DEFAULT_TIMEOUT_MS } from "./chain.ts";
import { collect, resolveEntries } from "./resolve.ts";

export interface SecretManagerOptions {
	/** Ask only this backend; otherwise Vault, AWS and the environment in this order. */
	readonly backend?: BackendName;
	/** The environment that configures the backends, and that secrets may lie in: usually process.env. */
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The working directory, for `.env`; `false`: no dotenv file is read. */
	readonly cwd?: string | false;
	/** The deadline of each call. */
	readonly timeoutMs?: number;
}

export interface GetSecretOptions {
	/** What to answer when no backend has the secret. */
	readonly default?: string;
	readonly signal?: AbortSignal;
}

/** Reads secrets through the chain, or one backend of it. */
export class SecretManager {
	readonly #backends: Backends;
	readonly #backend: BackendName | undefined;
	readonly #timeoutMs: number;

	constructor({ backend, cwd = ".", env, timeoutMs = DEFAULT_TIMEOUT_MS }: SecretManagerOptions) {
		this.#backend = backend;
		this.#timeoutMs = timeoutMs;
		this.#backends = createBackends({
			env,
			home: env.HOME,
			cwd: cwd === false ? "." : cwd,
			paths: [],
			settings: {},
			named: new Set(backend === undefined ? [] : [backend]),
			envFile: cwd === false ? undefined : openEnvFile({ cwd }),
			log: () => undefined,
		});
	}

	/**
	 * The value of a path such as `exchange/binance/api_key`.
	 * @throws {DstaError} DSTA_USAGE it ends in a wildcard · DSTA_NOT_FOUND, DSTA_DENIED, DSTA_UNAVAILABLE, DSTA_TIMEOUT, DSTA_CONFIG or DSTA_INVALID_VALUE
	 */
	async getSecret(path: string, options: GetSecretOptions = {}): Promise<string> {
		const { default: fallback, signal } = options;
		const parsed = parseSecretPath(path);
		if (parsed.selector.kind === "all")
			throw new DstaError("DSTA_USAGE", `${path} stands for several values, and getSecret gives one`, {
				path,
				cure: `Name a field, or take all of them: getSecrets("${parsed.secret}").`,
			});
		const entry = {
			path: parsed,
			names: [],
			...(fallback === undefined ? {} : { default: fallback }),
		};
		const values = await this.#resolve(entry, signal);
		return values.get(path) as string;
	}

	/**
	 * All fields of a secret such as `exchange/binance`, by their stored names.
	 * @throws {DstaError} as `getSecret`
	 */
	async getSecrets(
		secret: string,
		{ signal }: Pick<GetSecretOptions, "signal"> = {},
	): Promise<Record<string, string>> {
		return Object.fromEntries(
			await this.#resolve({ path: parseSecretPath(`${secret}/*`), names: [] }, signal),
		);
	}

	/**
	 * All fields of `exchange/NAME`: `api_key`, `api_secret` and what else lies there.
	 * @throws {DstaError} as `getSecret`
	 */
	getExchangeCredentials(
		name: string,
		options: Pick<GetSecretOptions, "signal"> = {},
	): Promise<Record<string, string>> {
		return this.getSecrets(`exchange/${name}`, options);
	}

	/** Lets go of all connections; the manager is not used afterwards. */
	close(): void {
		this.#backends.close();
	}

	async #resolve(entry: Entry, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, string>> {
		const resolutions = await resolveEntries([entry], {
			backends: this.#backends,
			chain: BACKEND_NAMES,
			backend: this.#backend,
			strict: false,
			named: new Set(),
			timeoutMs: this.#timeoutMs,
			backendTimeoutMs: () => DEFAULT_BACKEND_TIMEOUT_MS,
			now: () => performance.now(),
			onPassedOver: () => undefined,
			onDefault: () => undefined,
			signal,
		});
		const { errors, values } = collect(resolutions);
		if (errors[0] !== undefined) throw errors[0];
		return values;
	}
}

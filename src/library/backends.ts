import { createAwsBackend } from "../backends/aws/aws.ts";
import { type Backend, type BackendContext, isWritable, type WritableBackend } from "../backends/backend.ts";
import { createEnvBackend } from "../backends/env/env.ts";
import { openEnvFile } from "../backends/env/env-file.ts";
import { BACKEND_NAMES, type BackendName } from "../backends/registry.ts";
import { createVaultBackend } from "../backends/vault/vault.ts";
import { readSettingsObject } from "../map/from-object.ts";
import { unconfigured } from "../resolve/unconfigured.ts";
import { OwnBackend, OwnWritableBackend } from "./own-backends.ts";
import type { AwsSettings, VaultSettings } from "./settings.ts";
import { contextIn, type SurroundingsOptions } from "./surroundings.ts";

/** What any backend may be told beside its settings. */
export interface BackendOptions {
	/** The environment that configures it, and wins over its settings; `process.env` by default. */
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** The directory of relative files; the working directory by default. */
	readonly cwd?: string;
	/** Hears of what is no error; `process.emitWarning` by default. */
	readonly onWarning?: (message: string) => void;
}

/** The environment, and the dotenv file behind it. */
export interface EnvironmentOptions extends BackendOptions {
	/** `.env` by default, where there is one; `false`: none. */
	readonly envFile?: string | false;
}

/** HashiCorp Vault or OpenBao. */
export class VaultBackend extends OwnWritableBackend {
	/**
	 * Makes it, and asks nobody.
	 * @throws {DstaError} DSTA_CONFIG there is no address, or a setting is wrong
	 */
	constructor(options: VaultSettings & BackendOptions = {}) {
		const { cwd, env, onWarning, ...settings } = options;
		const context = contextFor("vault", settings, { cwd, env, onWarning });
		super(writable(createVaultBackend(context), "vault"));
	}
}

/** AWS Secrets Manager. */
export class AwsSecretsManagerBackend extends OwnWritableBackend {
	/**
	 * Makes it, and asks nobody.
	 * @throws {DstaError} DSTA_CONFIG a setting is wrong
	 */
	constructor(options: AwsSettings & BackendOptions = {}) {
		const { cwd, env, onWarning, ...settings } = options;
		super(writable(createAwsBackend(contextFor("aws", settings, { cwd, env, onWarning })), "aws"));
	}
}

/** The environment of this process. */
export class EnvironmentBackend extends OwnBackend {
	/**
	 * Makes it, and reads nothing yet.
	 * @throws {DstaError} DSTA_FILE_NOT_FOUND there is no dotenv file of the given name
	 */
	constructor(options: EnvironmentOptions = {}) {
		const { envFile, ...rest } = options;
		const context = contextFor("env", {}, rest);
		super(createEnvBackend({ ...context, envFile: openEnvFile({ named: envFile, cwd: context.cwd }) }));
	}
}

/** What a backend is made from in a program. */
function contextFor(name: BackendName, settings: object, options: SurroundingsOptions): BackendContext {
	const read = readSettingsObject({ [name]: settings }, BACKEND_NAMES);
	return { ...contextIn(options), paths: [], settings: read[name] ?? {}, isNamed: true };
}

function writable(backend: Backend | undefined, name: BackendName): WritableBackend {
	if (backend !== undefined && isWritable(backend)) return backend;
	throw unconfigured(name, "The program asks for", "");
}

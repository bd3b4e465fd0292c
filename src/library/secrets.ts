import type { BackendChoice } from "./managed-backends.ts";
import {
	type CallOptions,
	type ExchangeCredentials,
	type ExchangeOptions,
	type GetSecretOptions,
	SecretManager,
} from "./manager.ts";

/** Which backend a call asks; the whole chain where it names none. */
export interface BackendOption {
	/** Ask only this backend: by its name, or one that was made. */
	readonly backend?: BackendChoice;
}

/** The managers behind the functions below, one for the chain and one for each backend that was named. */
const managers = new Map<BackendChoice | undefined, SecretManager>();

/**
 * The value of a path such as `exchange/binance/api_key`, through Vault, AWS Secrets Manager and the environment.
 * @throws {DstaError} as {@link SecretManager.getSecret}
 */
export async function getSecret(
	path: string,
	options: GetSecretOptions & BackendOption = {},
): Promise<string> {
	const { backend, ...rest } = options;
	return managerOf(backend).getSecret(path, rest);
}

/**
 * All fields of a secret such as `exchange/binance`, by their stored names.
 * @throws {DstaError} as {@link SecretManager.getSecrets}
 */
export async function getSecrets(
	secret: string,
	options: CallOptions & BackendOption = {},
): Promise<Record<string, string>> {
	const { backend, ...rest } = options;
	return managerOf(backend).getSecrets(secret, rest);
}

/**
 * All fields of `exchange/NAME`, of which `api_key` and `api_secret`, or the `keys` given, must be there.
 * @throws {DstaError} as {@link SecretManager.getExchangeCredentials}
 */
export async function getExchangeCredentials<const Key extends string = "api_key" | "api_secret">(
	exchange: string,
	options: ExchangeOptions<Key> & BackendOption = {},
): Promise<ExchangeCredentials<Key>> {
	const { backend, ...rest } = options;
	return managerOf(backend).getExchangeCredentials(exchange, rest as ExchangeOptions<Key>);
}

/** Closes the managers behind these functions; the next call makes new ones, which read the environment again. */
export async function closeSecrets(): Promise<void> {
	const open = [...managers.values()];
	managers.clear();
	await Promise.all(open.map((manager) => manager.close()));
}

function managerOf(backend: BackendChoice | undefined): SecretManager {
	const manager = managers.get(backend) ?? new SecretManager(backend === undefined ? {} : { backend });
	managers.set(backend, manager);
	return manager;
}

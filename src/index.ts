export type {
	Backend,
	BackendContext,
	Found,
	ReadRequest,
	SecretValue,
	WritableBackend,
	WriteOptions,
	Written,
} from "./backends/backend.ts";
export type { BackendName } from "./backends/registry.ts";
export { DstaError, type DstaErrorDetails, type ErrorCode, EXIT_STATUS } from "./errors.ts";
export type { AvailabilityOptions, SecretBackend } from "./library/availability.ts";
export {
	AwsSecretsManagerBackend,
	type BackendOptions,
	EnvironmentBackend,
	type EnvironmentOptions,
	VaultBackend,
} from "./library/backends.ts";
export { type CommandEnd, type RunCommandOptions, runCommand } from "./library/command.ts";
export { checkSecretBackend, type Health } from "./library/health.ts";
export type { BackendChoice } from "./library/managed-backends.ts";
export {
	type CallOptions,
	type ExchangeCredentials,
	type ExchangeOptions,
	type GetSecretOptions,
	SecretManager,
	type SecretManagerOptions,
} from "./library/manager.ts";
export { type CustomBackend, type CustomBackendFactory, registerBackend } from "./library/registered.ts";
export { type Rotation, type RotationInterval, SecretRotationManager } from "./library/rotation.ts";
export { loadSecretMap, type ResolveMapOptions, resolveSecretMap } from "./library/secret-map.ts";
export {
	type BackendOption,
	closeSecrets,
	getExchangeCredentials,
	getSecret,
	getSecrets,
} from "./library/secrets.ts";
export type { AwsSettings, SecretSource, VaultAuthSettings, VaultSettings } from "./library/settings.ts";
export type { SecretMap } from "./map/secret-map.ts";
export {
	createSecretMetrics,
	type MetricsRegistry,
	type Observed,
	type SecretMetrics,
} from "./observe/metrics.ts";

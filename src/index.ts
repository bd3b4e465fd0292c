export type {
	Annotations,
	Backend,
	BackendContext,
	Examination,
	Found,
	Lease,
	LeaseNews,
	Observation,
	Overrides,
	ReadRequest,
	Revision,
	SecretValue,
	StoredVersion,
	WritableBackend,
	WriteOptions,
	Written,
} from "./backends/backend.ts";
export type { EnvFile } from "./backends/env/env-file.ts";
export type { BackendName } from "./backends/registry.ts";
export {
	DstaError,
	type DstaErrorDetails,
	type ErrorCode,
	EXIT_STATUS,
	type FailureClass,
} from "./errors.ts";
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
export type { OwnBackend, OwnWritableBackend } from "./library/own-backends.ts";
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
export type {
	AwsRole,
	AwsSettings,
	SecretSource,
	VaultAuthSettings,
	VaultSettings,
} from "./library/settings.ts";
export type { LogEvent, LogSubject } from "./log-event.ts";
export type {
	AuditSettings,
	BackendSettings,
	ChangeReaction,
	Delivery,
	Encoding,
	Entry,
	Filter,
	Insertion,
	KeySource,
	Policy,
	Position,
	Reaction,
	Readiness,
	RotateSettings,
	RunMode,
	RunSettings,
	SecretMap,
	SnapshotSettings,
	Template,
	Words,
} from "./map/secret-map.ts";
export type { ValueType } from "./map/value-type.ts";
export {
	createSecretMetrics,
	type MetricsRegistry,
	type Observed,
	type SecretMetrics,
} from "./observe/metrics.ts";
export type { SecretPath, Selector } from "./secret-path.ts";
export type { Setting } from "./setting.ts";

export type {
	Backend,
	BackendContext,
	Found,
	ReadRequest,
	SecretValue,
	WritableBackend,
} from "./backends/backend.ts";
export type { BackendName } from "./backends/registry.ts";
export { DstaError, type DstaErrorDetails, type ErrorCode, EXIT_STATUS } from "./errors.ts";
export type { AvailabilityOptions, SecretBackend } from "./library/availability.ts";
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
export {
	type BackendOption,
	closeSecrets,
	getExchangeCredentials,
	getSecret,
	getSecrets,
} from "./library/secrets.ts";

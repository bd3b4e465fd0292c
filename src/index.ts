export type { BackendName } from "./backends/registry.ts";
export { DstaError, type ErrorCode } from "./errors.ts";
export { type GetSecretOptions, SecretManager, type SecretManagerOptions } from "./resolve/manager.ts";

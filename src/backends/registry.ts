import type { BackendFactory } from "./backend.ts";

/** Every backend by name, in the order of the default chain; its code is loaded when a chain needs it. */
export const BACKENDS = {
	vault: async () => (await import("./vault/vault.ts")).createVaultBackend,
	aws: async () => (await import("./aws/aws.ts")).createAwsBackend,
	env: async () => (await import("./env/env.ts")).createEnvBackend,
} as const satisfies Record<string, () => Promise<BackendFactory>>;

export type BackendName = keyof typeof BACKENDS;

export const BACKEND_NAMES: readonly BackendName[] = Object.keys(BACKENDS) as BackendName[];

export function isBackendName(name: string): name is BackendName {
	return Object.hasOwn(BACKENDS, name);
}

import type { BackendFactory } from "./backend.ts";

/** The name of a backend that dsta-run brings. */
export type BackendName = "vault" | "aws" | "env";

/** Every backend by name, in the order of the default chain; its code is loaded when a chain needs it. */
export const BACKENDS = {
	vault: async () => (await import("./vault/vault.ts")).createVaultBackend,
	aws: async () => (await import("./aws/aws.ts")).createAwsBackend,
	env: async () => (await import("./env/env.ts")).createEnvBackend,
} as const satisfies Record<BackendName, () => Promise<BackendFactory>>;

export const BACKEND_NAMES: readonly BackendName[] = Object.keys(BACKENDS) as BackendName[];

export function isBackendName(name: string): name is BackendName {
	return Object.hasOwn(BACKENDS, name);
}

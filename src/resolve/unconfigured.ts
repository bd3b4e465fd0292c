import type { BackendName } from "../backends/registry.ts";
import { DstaError } from "../errors.ts";

/** The error for a backend that the command line names and that nothing configures. */
export function namedUnconfigured(name: BackendName, path: string): DstaError {
	return unconfigured(name, "--backend or DSTA_BACKEND names", path);
}

/** The error for a backend that somebody asks for and that nothing configures. */
export function unconfigured(name: BackendName, who: string, path?: string): DstaError {
	return new DstaError("DSTA_CONFIG", `${who} ${name}, which is not configured`, {
		backend: name,
		...(path === undefined ? {} : { path }),
		cure: CONFIGURE[name],
	});
}

/** Why each backend is not configured, for `explain`. */
export const UNCONFIGURED: Readonly<Record<BackendName, string>> = {
	vault: "there is no VAULT_ADDR, BAO_ADDR or vault.address",
	aws: "there is no region, profile or key of AWS, and no aws: in the map",
	env: "",
};

const CONFIGURE: Readonly<Record<BackendName, string>> = {
	vault: "Set VAULT_ADDR and VAULT_TOKEN, or vault.address in the map.",
	aws: "Set AWS_REGION, or aws.region in the map.",
	env: "Set the variable, or write it into .env.",
};

import { DstaError } from "../errors.ts";
import type { AvailabilityOptions } from "./availability.ts";
import { SecretManager } from "./manager.ts";
import { checkMs } from "./milliseconds.ts";
import type { BackendOption } from "./secrets.ts";

/** What a health check says. */
export interface Health {
	/** Whether the backend answers, accepts our credentials and lets us read. */
	readonly status: "healthy" | "unhealthy";
	/** The backend that was asked: the one that was named, or the first of the chain that is configured. */
	readonly backend: string;
	/** What is wrong, where something is; never a value. */
	readonly error?: string;
}

/** Asks whether the backend answers and gives secrets. It never rejects because of a backend. */
export async function checkSecretBackend(options: BackendOption & AvailabilityOptions = {}): Promise<Health> {
	const { backend, ...limits } = options;
	checkMs("timeoutMs", limits.timeoutMs);
	const quiet = { onWarning: () => undefined };
	await using manager = new SecretManager(backend === undefined ? quiet : { ...quiet, backend });
	const { backend: asked } = manager;
	try {
		await asked.check(limits);
		// That it accepts us does not say that it reads: a policy, or an engine that is not mounted, shows here.
		await manager.getSecret("health/check", { default: "ok", ...limits });
		return { status: "healthy", backend: asked.name };
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		return { status: "unhealthy", backend: asked.name, error: error.message };
	}
}

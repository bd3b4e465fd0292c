import { createRegistry, createSecretMetrics, type SecretMetrics } from "./metrics.ts";
import { FAMILIES, type Family, gauge } from "./run-families.ts";
import type { RunState } from "./run-state.ts";

/** What stands in every metric of a run that none of its events changes. */
export interface RunFacts {
	readonly version: string;
	readonly build: string;
	readonly runtime: string;
}

/**
 * Makes the metrics of a run: those of the library, which are counted by `observe`, and `dsta_run_…`, which are read off the state
 * when somebody asks, so that a series is gone with what it was about. `labels` are put on all of them.
 */
export async function createRunMetrics(
	facts: RunFacts,
	stateOf: () => Promise<RunState>,
	labels: Readonly<Record<string, string>> = {},
): Promise<SecretMetrics> {
	const registry = await createRegistry(labels);
	const metrics = await createSecretMetrics(registry);
	const families: readonly Family[] = [
		gauge("build_info", "Which dsta-run this is", () => [{ labels: { ...facts }, value: 1 }]),
		...FAMILIES,
	];
	// Of a metric this is what a registry reads; the rest is for counting.
	for (const { help, name, samplesOf, type } of families) {
		const get = async () => ({ help, name, type, values: [...samplesOf(await stateOf())] });
		registry.registerMetric({ name, help, type, get } as never);
	}
	return metrics;
}

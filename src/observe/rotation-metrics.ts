import { createRegistry } from "./metrics.ts";

/** How a field of a map stands, as the metrics see it. */
export interface RotationState {
	readonly path: string;
	readonly backend: string;
	readonly dueAt: Date;
	readonly isOverdue: boolean;
}

/** All that is known of the rotations of a map. */
export interface RotationStates {
	/** The fields that have a schedule. */
	readonly scheduled: readonly RotationState[];
	/** How many fields could not be asked for. */
	readonly unknown: number;
	/** How many rotations stopped before their end. */
	readonly stopped: number;
}

/** Writes the metrics of a map's rotations in Prometheus' text format; all of them have these labels. */
export async function renderRotationMetrics(
	{ scheduled, stopped, unknown }: RotationStates,
	labels: Readonly<Record<string, string>>,
): Promise<string> {
	const registry = await createRegistry(labels);
	const gauge = (metric: string, help: string, values: readonly Sample[]) => {
		const name = `dsta_rotation_${metric}`;
		// This is what a registry reads of a metric.
		registry.registerMetric({
			name,
			help,
			type: "gauge",
			get: () => ({ name, help, type: "gauge", values }),
		} as never);
	};
	const ofEach = (read: (state: RotationState) => number) =>
		scheduled.map((state): Sample => {
			const { backend, path } = state;
			return { labels: { path, backend }, value: read(state) };
		});
	gauge(
		"due_timestamp_seconds",
		"When a secret is to be rotated",
		ofEach(({ dueAt }) => Math.round(dueAt.getTime() / 1000)),
	);
	gauge(
		"overdue",
		"Whether that is over",
		ofEach(({ isOverdue }) => Number(isOverdue)),
	);
	gauge("unknown", "Secrets of which it could not be found out when they are due", [
		{ labels: {}, value: unknown },
	]);
	gauge("stopped", "Rotations that stopped before their end", [{ labels: {}, value: stopped }]);
	return registry.metrics();
}

interface Sample {
	readonly labels: Readonly<Record<string, string>>;
	readonly value: number;
}

import { readinessOf } from "./readiness.ts";
import type { RunState } from "./run-state.ts";

/** So many secrets have a series of their own; of a map with more, the rest is only counted. */
const MAX_SERIES = 1000;

/** Metrics of one name. */
export interface Family {
	readonly name: string;
	readonly help: string;
	readonly type: "gauge" | "counter";
	readonly samplesOf: (state: RunState) => readonly Sample[];
}

interface Sample {
	readonly labels: Readonly<Record<string, string>>;
	readonly value: number;
}

/** A family of what goes up and down. */
export const gauge = (name: string, help: string, samplesOf: Family["samplesOf"]): Family => ({
	name: `dsta_run_${name}`,
	help,
	type: "gauge",
	samplesOf,
});
const counter = (...family: Parameters<typeof gauge>): Family => ({ ...gauge(...family), type: "counter" });

/** What is read off the state of a run. */
export const FAMILIES: readonly Family[] = [
	gauge("ready", "Whether the command runs on a complete, fresh set of secrets", (state) =>
		one(Number(readinessOf(state, Date.now()).isReady)),
	),
	gauge("secrets", "Secrets in use, by who has given them and how fresh they are", ({ secrets }) =>
		count(secrets, ({ backend, condition }) => ({ backend, condition })),
	),
	gauge(
		"secret_read_timestamp_seconds",
		"When the backend gave the secret that is in use, and in which version",
		({ secrets }) =>
			givenBy(secrets)
				.slice(0, MAX_SERIES)
				.map(({ backend, condition, path, readAt, version }) => ({
					labels: { path, backend, version, condition },
					value: readAt / 1000,
				})),
	),
	gauge(
		"secret_series_left_out",
		"Secrets in use beyond those that have a series of their own",
		({ secrets }) => one(Math.max(0, givenBy(secrets).length - MAX_SERIES)),
	),
	gauge("lease_expiry_timestamp_seconds", "When what a backend has lent for the run is over", ({ leases }) =>
		[...Map.groupBy(leases, ({ path }) => path)].slice(0, MAX_SERIES).map(([path, group]) => ({
			labels: { path },
			// They are renewed to a moment that is not known to the millisecond.
			value: Math.round(Math.min(...group.map(({ endsAt }) => endsAt)) / 1000),
		})),
	),
	gauge("command_up", "Whether the command runs", ({ command }) => one(Number(command.phase === "running"))),
	gauge("command_start_timestamp_seconds", "When the command was started for the last time", ({ command }) =>
		seconds(command.startedAt),
	),
	gauge("command_end_timestamp_seconds", "When the run ended", ({ command }) => seconds(command.endedAt)),
	gauge(
		"command_exit_status",
		"Status with which the run ended, 128 + N for a signal; that of dsta-run where the command did not start",
		({ command }) => (command.exitStatus === undefined ? [] : one(command.exitStatus)),
	),
	counter("command_restarts_total", "How often the command was started again", ({ restarts }) =>
		Object.entries(restarts).map(([reason, value]) => ({ labels: { reason }, value })),
	),
	counter(
		"secret_changes_total",
		"Changes of secrets that were noticed while the command ran",
		({ changes }) => one(changes),
	),
	counter("reactions_total", "How often a change was acted on", ({ reactions }) =>
		Object.entries(reactions).map(([reaction, value]) => ({ labels: { reaction }, value })),
	),
	counter(
		"watch_failures_total",
		"How often it could not be found out whether secrets have changed",
		({ watch }) => one(watch.failures),
	),
	gauge("watch_not_taken", "Whether the command goes on without what was read anew", ({ notTaken }) =>
		one(Number(notTaken.length > 0)),
	),
	gauge(
		"watch_success_timestamp_seconds",
		"When it was last found out whether secrets have changed",
		({ watch }) => seconds(watch.answeredAt),
	),
];

// What nobody has was read at no time.
function givenBy(secrets: RunState["secrets"]): RunState["secrets"] {
	return secrets.filter(({ backend }) => backend !== "none");
}

function one(value: number): readonly Sample[] {
	return [{ labels: {}, value }];
}

function seconds(timeMs: number | undefined): readonly Sample[] {
	return timeMs === undefined ? [] : one(timeMs / 1000);
}

function count<Item>(
	items: readonly Item[],
	labelsOf: (item: Item) => Readonly<Record<string, string>>,
): readonly Sample[] {
	const groups = Map.groupBy(items, (item) => JSON.stringify(labelsOf(item)));
	return [...groups].map(([labels, group]) => ({ labels: JSON.parse(labels), value: group.length }));
}

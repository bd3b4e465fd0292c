import type { Registry } from "prom-client";

/** What a backend was asked, as the metrics see it. */
export interface Observed {
	/** The name of the backend. */
	readonly backend: string;
	/** `found`, `absent`, or the class of the failure: `unavailable`, `denied`, `misconfigured`, `invalid`. */
	readonly status: string;
	/** What the answer took, in milliseconds. */
	readonly durationMs: number;
}

/** A registry of prom-client, ours or that of a program: what a program needs of it, without its types. */
export interface MetricsRegistry {
	/** The content type of that text, for an endpoint's answer. */
	readonly contentType: string;
	/** The metrics in Prometheus' text format. */
	metrics(): Promise<string>;
	/** Takes a metric of prom-client. */
	registerMetric(metric: never): void;
}

/** Counts what backends are asked. */
export interface SecretMetrics {
	/** The registry that the metrics are in. */
	readonly registry: MetricsRegistry;
	/** Counts one question and its answer. */
	observe(observed: Observed): void;
}

/** Seconds: an answer from memory, from the same rack, from another region, and the timeouts. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Makes a registry, all of whose metrics have some labels. What counts them is loaded now and not before. */
export async function createRegistry(labels: Readonly<Record<string, string>>): Promise<MetricsRegistry> {
	const { Registry } = await import("prom-client");
	const registry = new Registry();
	registry.setDefaultLabels(labels);
	return registry;
}

/**
 * Makes the metrics `secret_requests_total{backend,status}` and `secret_request_duration_seconds{backend}`, in a registry of
 * their own or in one that is given. What counts them is loaded now and not before.
 */
export async function createSecretMetrics(given?: MetricsRegistry): Promise<SecretMetrics> {
	const { Counter, Histogram, Registry } = await import("prom-client");
	const registry = (given as Registry | undefined) ?? new Registry();
	const registers = [registry];
	const requests = new Counter({
		name: "secret_requests_total",
		help: "Total secret requests",
		labelNames: ["backend", "status"],
		registers,
	});
	const durations = new Histogram({
		name: "secret_request_duration_seconds",
		help: "Secret request duration",
		labelNames: ["backend"],
		buckets: BUCKETS,
		registers,
	});
	return {
		registry,
		observe({ backend, durationMs, status }) {
			requests.inc({ backend, status });
			durations.observe({ backend }, durationMs / 1000);
		},
	};
}

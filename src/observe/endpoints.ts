import type { Answer, Endpoints } from "./answer.ts";
import type { MetricsRegistry } from "./metrics.ts";
import { renderPage, STYLE_HASH } from "./page.ts";
import { readinessOf } from "./readiness.ts";
import type { RunFacts } from "./run-metrics.ts";
import type { Reason, RunState } from "./run-state.ts";

/** What the endpoints tell of. */
export interface Sources {
	readonly facts: RunFacts;
	readonly stateOf: () => Promise<RunState>;
	readonly registry: Promise<MetricsRegistry>;
}

/** What /readyz says. */
export interface ReadinessRecord {
	readonly ready: boolean;
	/** Those that have given secrets. */
	readonly backends: readonly string[];
	readonly reasons: readonly Reason[];
	/** Why the backends have other secrets than the command, which is no reason against it. */
	readonly outdated: readonly Reason[];
}

/** So many reasons are told; the rest are alike. */
const MAX_REASONS = 50;

/** Makes the endpoints of a run: for Prometheus, for probes, for a rotation that waits for new versions, and a page for people. */
export function createEndpoints({ facts, registry, stateOf }: Sources): Endpoints {
	return {
		"/": async () => ({
			status: 200,
			type: "text/html; charset=utf-8",
			text: renderPage(facts, await stateOf(), Date.now()),
			headers: {
				"Content-Security-Policy": `default-src 'none'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
				"Referrer-Policy": "no-referrer",
			},
		}),
		"/metrics": async () => {
			const metrics = await registry;
			return { status: 200, type: metrics.contentType, text: await metrics.metrics() };
		},
		"/healthz": () => ({ status: 200, type: "text/plain; charset=utf-8", text: "ok\n" }),
		"/readyz": async (query) => {
			const state = await stateOf();
			const { isReady, isRunning, outdated, reasons } = readinessOf(state, Date.now());
			const ready = query.get("stale") === "ok" ? isRunning : isReady;
			const backends = [...new Set(state.secrets.map(({ backend }) => backend))].filter(isBackend);
			return json(ready ? 200 : 503, {
				ready,
				backends,
				reasons: shorten(reasons),
				outdated: shorten(outdated),
			} satisfies ReadinessRecord);
		},
		"/versions": async () => {
			const { command, secrets } = await stateOf();
			return json(200, {
				secrets: secrets.map(({ backend, path, version }) => ({
					path,
					backend,
					...(version === "" ? {} : { version }),
				})),
				ready: command.phase === "running",
			});
		},
	};
}

function isBackend(name: string): boolean {
	return name !== "default" && name !== "none";
}

function shorten(reasons: readonly Reason[]): readonly Reason[] {
	if (reasons.length <= MAX_REASONS) return reasons;
	const more = reasons.length - MAX_REASONS;
	return [...reasons.slice(0, MAX_REASONS), { reason: `and ${more} more` }];
}

function json(status: number, record: object): Answer {
	return { status, type: "application/json", text: `${JSON.stringify(record)}\n` };
}

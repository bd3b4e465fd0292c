import { describe, expect, it } from "vitest";
import { createRunMetrics } from "../../src/observe/run-metrics.ts";
import type { RunState } from "../../src/observe/run-state.ts";
import { parseExposition } from "./exposition.ts";
import { runState, secret } from "./state.ts";

const FACTS = { version: "1.2.3", build: "npm", runtime: "node 24.0.0" };

async function seriesOf(state: RunState, labels = {}) {
	const { registry } = await createRunMetrics(FACTS, async () => state, labels);
	return parseExposition(await registry.metrics()).series;
}

const named = (series: Awaited<ReturnType<typeof seriesOf>>, name: string) =>
	series.filter((one) => one.name === `dsta_run_${name}`).map(({ labels, value }) => ({ ...labels, value }));

describe("the metrics of a run", () => {
	it("say of each secret who gave it, in which version and when", async () => {
		const path = 'a/"b"\\n';
		const failure = { backend: "vault", code: "DSTA_UNAVAILABLE" };
		const secrets = [
			secret(path),
			secret("a/b/d", { backend: "env", version: "", condition: "fallback", failure }),
			secret("a/b/e", { backend: "none", version: "" }),
		];
		const series = await seriesOf(runState({ secrets }));
		const value = 1_700_000_000;
		expect(named(series, "secret_read_timestamp_seconds")).toEqual([
			{ path, backend: "vault", version: "3", condition: "fresh", value },
			{ path: "a/b/d", backend: "env", version: "", condition: "fallback", value },
		]);
		expect(named(series, "secrets")).toEqual([
			{ backend: "vault", condition: "fresh", value: 1 },
			{ backend: "env", condition: "fallback", value: 1 },
			{ backend: "none", condition: "fresh", value: 1 },
		]);
		expect(named(series, "ready")).toEqual([{ value: 0 }]);
	});

	it("lose the series of a version with the version", async () => {
		let state = runState();
		const { registry } = await createRunMetrics(FACTS, async () => state);
		expect(await registry.metrics()).toContain('version="3"');
		state = runState({ secrets: [secret("a/b/c", { version: "4" })] });
		const text = await registry.metrics();
		expect(text).toContain('version="4"');
		expect(text).not.toContain('version="3"');
	});

	it("have a thousand series of secrets and leases at most, and say how many secrets are left out", async () => {
		const secrets = Array.from({ length: 10_000 }, (_, index) => secret(`a/b/${index}`));
		const leases = secrets.map(({ path }) => ({ path, endsAt: 2 }));
		const series = await seriesOf(runState({ secrets, leases }));
		expect(named(series, "secret_read_timestamp_seconds")).toHaveLength(1000);
		expect(named(series, "lease_expiry_timestamp_seconds")).toHaveLength(1000);
		expect(named(series, "secret_series_left_out")).toEqual([{ value: 9000 }]);
		expect(named(series, "secrets")).toEqual([{ backend: "vault", condition: "fresh", value: 10_000 }]);
	});

	it("tell of the command, of restarts, changes, the watch and leases", async () => {
		const series = await seriesOf(
			runState({
				command: {
					phase: "ended",
					startedAt: 2000,
					endsAt: 0,
					endedAt: 5000,
					exitStatus: 143,
				} as RunState["command"],
				restarts: { change: 2, reload: 1, restored: 0 },
				reactions: { restart: 2, signal: 1 },
				changes: 4,
				watch: { failures: 5, failuresInARow: 0, answeredAt: 4000 },
				leases: [
					{ path: "database/creds/app", endsAt: 9400 },
					{ path: "database/creds/app", endsAt: 7000 },
				],
			}),
		);
		const found = [
			"command_up",
			"command_start_timestamp_seconds",
			"command_end_timestamp_seconds",
			"command_exit_status",
		];
		expect(found.map((name) => named(series, name)[0]?.value)).toEqual([0, 2, 5, 143]);
		expect(named(series, "command_restarts_total").map(({ value }) => value)).toEqual([2, 1, 0]);
		expect(named(series, "reactions_total")).toEqual([
			{ reaction: "restart", value: 2 },
			{ reaction: "signal", value: 1 },
		]);
		expect(named(series, "secret_changes_total")).toEqual([{ value: 4 }]);
		expect(named(series, "watch_failures_total")).toEqual([{ value: 5 }]);
		expect(named(series, "watch_success_timestamp_seconds")).toEqual([{ value: 4 }]);
		expect(named(series, "lease_expiry_timestamp_seconds")).toEqual([
			{ path: "database/creds/app", value: 7 },
		]);
	});

	it("do not know what has not happened yet", async () => {
		const series = await seriesOf(runState({ secrets: [], command: { phase: "waiting" } }));
		for (const name of ["start_timestamp_seconds", "end_timestamp_seconds", "exit_status"])
			expect(named(series, `command_${name}`)).toEqual([]);
		expect(named(series, "build_info")).toEqual([{ ...FACTS, value: 1 }]);
	});

	it("carry the labels of their file, those of the library as well", async () => {
		const { observe, registry } = await createRunMetrics(FACTS, async () => runState(), { run: "backup" });
		observe({ backend: "vault", status: "found", durationMs: 20 });
		const { series } = parseExposition(await registry.metrics());
		expect(series.filter(({ labels }) => labels.run !== "backup")).toEqual([]);
		expect(series.map(({ name }) => name)).toContain("secret_requests_total");
	});
});

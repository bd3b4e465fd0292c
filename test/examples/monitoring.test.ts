import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { renderRotationMetrics } from "../../src/observe/rotation-metrics.ts";
import { createRunMetrics } from "../../src/observe/run-metrics.ts";
import { parseExposition } from "../observe/exposition.ts";
import { runState } from "../observe/state.ts";
import { IS_PREPARED, PREPARED } from "./prepared.ts";

const FOLDER = new URL("../../examples/monitoring/", import.meta.url).pathname;
const textOf = (name: string) => readFileSync(join(FOLDER, name), "utf8");

interface Panel {
	readonly id: number;
	readonly title: string;
	readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
	readonly datasource: { readonly uid: string };
	readonly targets: readonly { readonly refId: string; readonly expr: string }[];
}

const DASHBOARD = JSON.parse(textOf("grafana.json"));
const PANELS: readonly Panel[] = DASHBOARD.panels;
const VARIABLES: readonly string[] = DASHBOARD.templating.list.map(({ name }: { name: string }) => name);
const RULES: readonly { alert: string; expr: string; annotations: Record<string, string> }[] = parse(
	textOf("alerts.yaml"),
).groups.flatMap(({ rules }: { rules: unknown[] }) => rules);

/** Every expression, by the name of its alert or panel. */
const EXPRESSIONS: readonly (readonly [title: string, expression: string])[] = [
	...RULES.map(({ alert, expr }) => [alert, expr] as const),
	...PANELS.flatMap(({ targets, title }) => targets.map(({ expr }) => [title, expr] as const)),
];

/** The labels of each metric that a run can have; Prometheus adds where it was scraped. */
const labelsOf = new Map<string, Set<string>>();

beforeAll(async () => {
	const state = runState({
		command: { phase: "ended", startedAt: 1, endedAt: 2, exitStatus: 0 },
		reactions: { restart: 1 },
		watch: { failures: 1, failuresInARow: 1, answeredAt: 1 },
		leases: [{ path: "database/creds/app", endsAt: 1 }],
	});
	const facts = { version: "1.2.3", build: "npm", runtime: "node" };
	const { observe, registry } = await createRunMetrics(facts, async () => state, { run: "backup" });
	observe({ backend: "vault", status: "found", durationMs: 1 });
	const scheduled = [{ path: "a/b/c", backend: "vault", dueAt: new Date(), isOverdue: true }];
	const rotations = await renderRotationMetrics({ scheduled, stopped: 1, unknown: 1 }, { run: "rotation" });
	const { series } = parseExposition(await registry.metrics());
	for (const { labels, name } of [...series, ...parseExposition(rotations).series])
		labelsOf.set(name, new Set([...Object.keys(labels), "job", "instance"]));
});

describe("the dashboard and the alerts", () => {
	it.each(EXPRESSIONS)("ask for metrics and labels that there are: %s", (_title, expression) => {
		const metrics = [...expression.matchAll(/\b(?:dsta_run|dsta_rotation|secret)_\w+/g)].map(
			([name]) => name,
		);
		expect(metrics.length).toBeGreaterThan(0);
		const known = metrics.map((name) => labelsOf.get(name));
		expect(known).not.toContain(undefined);
		const matchers = [...expression.matchAll(/(\w+)\{([^}]*)\}/g)].flatMap(([, name = "", text = ""]) =>
			[...text.matchAll(/(\w+)\s*(?:!=|=~|=)/g)].map(([, label = ""]) => [name, label] as const),
		);
		expect(matchers.filter(([name, label]) => !labelsOf.get(name)?.has(label))).toEqual([]);
		const groupings = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, text = ""]) =>
			text.split(/,\s*/),
		);
		expect(groupings.filter((label) => !known.some((labels) => labels?.has(label)))).toEqual([]);
	});

	it("use only labels in their texts that their expression leaves", () => {
		for (const { alert, annotations, expr } of RULES) {
			const used = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
			const [, grouping] = /\bby \(([^)]*)\)/.exec(expr) ?? [];
			const [first = ""] = /\b(?:dsta_run|dsta_rotation|secret)_\w+/.exec(expr) ?? [];
			const left = grouping?.split(/,\s*/) ?? [...(labelsOf.get(first) ?? [])];
			expect([alert, used.filter((label) => !left.includes(label as string))]).toEqual([alert, []]);
		}
	});

	it("are laid out without an overlap, from a source that whoever opens it chooses", () => {
		expect(new Set(PANELS.map(({ id }) => id)).size).toBe(PANELS.length);
		const taken = new Set<string>();
		for (const { datasource, gridPos, targets, title } of PANELS) {
			const { h, w, x, y } = gridPos;
			expect(x + w).toBeLessThanOrEqual(24);
			for (let column = x; column < x + w; column++)
				for (let line = y; line < y + h; line++) {
					expect([title, taken.has(`${column} ${line}`)]).toEqual([title, false]);
					taken.add(`${column} ${line}`);
				}
			expect(datasource.uid).toMatch(/^\$\{datasource\}$/);
			expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
		}
		const used = [...textOf("grafana.json").matchAll(/\$\{?(\w+)\}?/g)].map(([, name]) => name as string);
		expect([...new Set(used)].filter((name) => !VARIABLES.includes(name) && name !== "__all")).toEqual([]);
	});

	it.skipIf(!IS_PREPARED).each([
		["check", "config", "prometheus.yml"],
		["check", "rules", "alerts.yaml"],
		["test", "rules", "alerts.test.yaml"],
	])("satisfy Prometheus: promtool %s %s %s", (...args) => {
		const { output, status } = promtool(args, "");
		expect({ output, status }).toEqual({ output, status: 0 });
	});
});

it.skipIf(!IS_PREPARED)("the metrics satisfy Prometheus and its linter", async () => {
	const facts = { version: "1.2.3", build: "npm", runtime: "node" };
	const { observe, registry } = await createRunMetrics(facts, async () => runState());
	observe({ backend: "vault", status: "found", durationMs: 1 });
	expect(promtool(["check", "metrics"], await registry.metrics())).toEqual({ status: 0, output: "" });
});

function promtool(args: readonly string[], input: string) {
	const { status, stderr, stdout } = spawnSync(join(PREPARED, "bin/promtool"), args, {
		cwd: FOLDER,
		input,
		encoding: "utf8",
	});
	return { status, output: stdout + stderr };
}

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Case } from "./cases.ts";
import { COMMAND, launchOf } from "./contest.ts";
import { nameOf } from "./launchers/dsta-run.ts";
import type { FoundLauncher } from "./launchers/find.ts";
import { table } from "./markdown.ts";
import { type Comparison, type Contestant, compare } from "./measure.ts";
import { drawPlots, type Line } from "./plot.ts";
import type { Servers } from "./servers.ts";

export interface ScaleOptions {
	readonly found: readonly FoundLauncher[];
	readonly output: string;
	readonly servers: Servers;
	readonly rounds: number;
}

const SIZES = [10, 100, 500, 1000, 2000, 5000];
/** So much work for one number needs fewer rounds. */
const MOST_ROUNDS = 7;
/** The dearest step between two sizes against the whole. */
const KNEE = 1.5;

const SERIES = [
	{ title: "entries of the environment", backend: "env", keys: 1 },
	{ title: "entries of Vault, ten in a secret", backend: "vault", keys: 10 },
	{ title: "entries of Vault, each in a secret of its own", backend: "vault", keys: 1 },
] as const;

type Series = (typeof SERIES)[number];

/** Measures starts with more and more entries, draws them, and says whether each costs the same. */
export async function measureScale(options: ScaleOptions): Promise<string> {
	const names = [nameOf("npm", "spawn"), nameOf("standalone", "spawn")];
	const builds = options.found.filter(({ launcher }) => names.includes(launcher.name));
	const address = await options.servers.vault(Math.max(...SIZES));
	const measured: { readonly series: Series; readonly lines: readonly Line[] }[] = [];
	for (const series of SERIES)
		measured.push({ series, lines: await linesOf(series, { builds, address, ...options }) });
	const file = join(options.output, "scale.svg");
	writeFileSync(
		file,
		drawPlots(
			measured.map(({ lines, series }) => ({
				title: `ms over the command: ${series.title}`,
				x: "entries",
				lines,
			})),
		),
	);
	const tables = measured.map(({ lines, series }) => `### ${series.title}\n\n${tableOf(lines)}`);
	return `## Scale\n\nms over the command, with nothing added on the way to Vault; drawn in ${file}.\n\n${tables.join("\n")}`;
}

interface SeriesOptions extends Pick<ScaleOptions, "output" | "rounds"> {
	readonly builds: readonly FoundLauncher[];
	readonly address: string;
}

async function linesOf({ backend, keys }: Series, options: SeriesOptions): Promise<readonly Line[]> {
	const { address, builds, output } = options;
	const rounds = Math.min(MOST_ROUNDS, options.rounds);
	const costs: { readonly entries: number; readonly comparison: Comparison }[] = [];
	for (const entries of SIZES) {
		const id = `scale/${backend}-${keys}-${entries}`;
		const wanted: Case = {
			id,
			title: id,
			backend,
			secrets: entries / keys,
			keys,
			latencyMs: 0,
			isTls: false,
		};
		const contestants = new Map<string, Contestant>([
			[COMMAND, { words: ["true"], cwd: output, env: { PATH: process.env.PATH }, rounds }],
		]);
		for (const build of builds) {
			const launch = launchOf(build, wanted, { address, output });
			if (launch !== undefined) contestants.set(build.launcher.name, { ...launch(["true"]), rounds });
		}
		costs.push({ entries, comparison: await compare(contestants, rounds) });
	}
	return builds.map(({ launcher: { name } }) => ({
		name,
		points: costs.flatMap(({ comparison, entries }) => {
			const cost = comparison.cost(name, COMMAND);
			return cost === undefined ? [] : [[entries, cost.medianMs] as const];
		}),
	}));
}

function tableOf(lines: readonly Line[]): string {
	const head = ["", ...SIZES.map(String), "µs per entry", "dearest step"];
	const rows = lines.map(({ name, points }) => {
		const { perEntryUs, steepest } = growthOf(points);
		const isLinear = steepest <= perEntryUs * KNEE;
		return [
			name,
			...SIZES.map((size) => points.find(([entries]) => entries === size)?.[1].toFixed(1) ?? "failed"),
			perEntryUs.toFixed(1),
			`${steepest.toFixed(1)} µs: ${isLinear ? "linear" : "**a knee**"}`,
		];
	});
	return table([head, ...rows]);
}

/** What an entry costs from the least size to the most, and in the steepest step; small steps say nothing. */
function growthOf(points: Line["points"]): { readonly perEntryUs: number; readonly steepest: number } {
	const slope = ([fromX, fromY]: readonly [number, number], [toX, toY]: readonly [number, number]) =>
		((toY - fromY) / (toX - fromX)) * 1000;
	const counting = points.filter(([entries]) => entries >= 500);
	const steps = counting.slice(1).map((point, index) => slope(counting[index] as [number, number], point));
	return {
		perEntryUs: slope(points[0] as [number, number], points.at(-1) as [number, number]),
		steepest: Math.max(...steps),
	};
}

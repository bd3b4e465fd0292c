import { cpus, release } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { NODE, type Result, type Row } from "./contest.ts";
import type { FoundLauncher } from "./launchers/find.ts";
import type { Launcher } from "./launchers/launcher.ts";
import { verdictsOf } from "./targets.ts";

/** A table of Markdown; the first row is its head. */
export function table([head = [], ...rows]: readonly (readonly string[])[]): string {
	const lines = [head, head.map((_, index) => (index === 0 ? "---" : "---:")), ...rows];
	return `${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

/** More than what an idle system does by itself. */
const BUSY_SHARE = 0.1;
const LOOK_MS = 2000;

/** Where, when and how often was measured, and whether others were at work: it takes a moment to see. */
export async function introduction({ rounds }: { readonly rounds: number }): Promise<string> {
	const [cpu] = cpus();
	const before = workOf();
	await sleep(LOOK_MS);
	const after = workOf();
	const share = (after.busyMs - before.busyMs) / (after.wholeMs - before.wholeMs);
	const busy = share > BUSY_SHARE ? " **The machine was busy: these are no figures to quote.**" : "";
	return [
		`# Benchmarks of ${new Date().toISOString().slice(0, 10)}\n`,
		`${cpus().length} × ${cpu?.model.trim() ?? "?"}, Linux ${release()}, Node ${process.versions.node}, ${Math.round(share * 100)} % busy before the start.${busy}\n`,
		`Each round runs everybody once, in an order by chance; ${rounds} rounds, fewer for who takes over a quarter of a second, at least 3. Times are the medians of the differences within a round, the least of them in parentheses. Memory is that of all processes of a launcher while its command runs.\n`,
	].join("\n");
}

function workOf(): { readonly busyMs: number; readonly wholeMs: number } {
	const times = cpus().map((cpu) => cpu.times);
	const wholeMs = times.flatMap((one) => Object.values(one)).reduce((sum, ms) => sum + ms, 0);
	return { wholeMs, busyMs: wholeMs - times.reduce((sum, { idle }) => sum + idle, 0) };
}

/** The table of a case. */
export function caseTable(result: Result, earlier: ReadonlyMap<string, Result>): string {
	const head = ["", "ms over the command", "over Node", "× Node", "MiB", "peak", "requests", "connections"];
	const rows = [...result.rows.values()].map((row) => cellsOf(row, verdictsOf(row, result, earlier)));
	return `## ${result.case.title}\n\n${table([[...head, "modules of Node", "target"], ...rows])}`;
}

function cellsOf(row: Row, verdicts: readonly string[]): readonly string[] {
	const { counts, fault, look, modules, name, overCommand, overNode } = row;
	if (fault !== undefined) return [name, `cannot: ${inCell(fault)}`, ..."".padEnd(8).split("")];
	return [
		name,
		overCommand === undefined ? "" : `${overCommand.medianMs.toFixed(1)} (${overCommand.leastMs.toFixed(1)})`,
		overNode === undefined ? "" : overNode.medianMs.toFixed(1),
		name === NODE ? "1.00" : (overNode?.ratio.toFixed(2) ?? ""),
		memoryOf(look.residentMiB),
		memoryOf(look.peakMiB),
		counts === undefined ? "" : String(counts.requests),
		counts === undefined ? "" : String(counts.connections),
		modules === undefined ? "" : String(modules),
		verdicts.join("; "),
	];
}

function memoryOf(mebibytes: number): string {
	return mebibytes === 0 ? "none" : mebibytes.toFixed(0);
}

function inCell(text: string): string {
	return text.replace(/\u001b\[[\d;]*m/g, "").replaceAll("|", "\\|");
}

/** The times over the command in all cases, and the requests of those with a server, in a table for the README. */
export function overview(results: ReadonlyMap<string, Result>): string {
	const names = new Set([...results.values()].flatMap(({ rows }) => [...rows.keys()]));
	const cellOf = ({ rows }: Result, name: string) => {
		const { counts, overCommand } = rows.get(name) ?? {};
		if (overCommand === undefined) return "–";
		const ms = overCommand.medianMs.toFixed(0);
		return counts === undefined || name === NODE ? ms : `${ms} · ${counts.requests}`;
	};
	const rows = [...names].map((name) => [
		name,
		...[...results.values()].map((result) => cellOf(result, name)),
	]);
	return `## All cases\n\nms over the command · requests.\n\n${table([["", ...results.keys()], ...rows])}`;
}

/** Who was there, who was not, and what each makes of the end of its command. */
export function launcherTable(
	found: readonly FoundLauncher[],
	statuses: ReadonlyMap<string, string>,
	absent: readonly Launcher[],
): string {
	const rows = found.map(({ launcher: { name }, version }) => [name, version, statuses.get(name) ?? ""]);
	const missing =
		absent.length === 0
			? ""
			: `\nNot installed, so not measured: ${absent.map(({ name }) => name).join(", ")}. \`sh bench/install-peers.sh\` gets what the registries have.\n`;
	return `## Launchers\n\n${table([["", "version", "exit 7, killed by TERM: seen as"], ...rows])}${missing}`;
}

import type { Variable } from "./cases.ts";
import { failureOf, median, type Program, runProgram } from "./measure.ts";

/** A launcher in front of a command of ours. */
export type Launch = (command: readonly string[]) => Program;

/** What a launcher does, before it is timed. */
export interface Look {
	/** What is wrong with it: it failed, or its command did not get the values. */
	readonly fault?: string;
	readonly tookMs: number;
	/** How many runs it took. */
	readonly runs: number;
	/** Of all its processes while the command runs, in MiB; 0 where none is left. */
	readonly residentMiB: number;
	readonly peakMiB: number;
}

const SCRIPT = new URL("look.sh", import.meta.url).pathname;
const LOOKS = 3;
const SLOW_MS = 1000;

/** Runs a launcher, checks all values and takes its memory: the median of three runs, or of one where it takes over a second. */
export async function lookAt(launch: Launch, variables: readonly Variable[]): Promise<Look> {
	const first = await lookOnce(launch, variables);
	if (first.fault !== undefined || first.tookMs > SLOW_MS) return first;
	const looks = [first];
	while (looks.length < LOOKS) looks.push(await lookOnce(launch, variables));
	const middle = (of: (look: Look) => number) => median(looks.map(of));
	const fault = looks.find((look) => look.fault !== undefined)?.fault;
	return {
		...(fault === undefined ? {} : { fault }),
		tookMs: middle(({ tookMs }) => tookMs),
		runs: LOOKS,
		residentMiB: middle(({ residentMiB }) => residentMiB),
		peakMiB: middle(({ peakMiB }) => peakMiB),
	};
}

async function lookOnce(launch: Launch, variables: readonly Variable[]): Promise<Look> {
	const { ended, tookMs } = await runProgram(launch(["sh", SCRIPT, String(process.pid)]));
	const lines = new Set(ended.stdout?.split("\n"));
	const missing = variables.filter(({ name, value }) => !lines.has(`${name}=${value}`));
	const fault = failureOf(ended) ?? (missing.length > 0 ? `${missing.length} wrong values` : undefined);
	const memory = (name: string) => mebibytes(ended.stdout ?? "", name);
	return {
		...(fault === undefined ? {} : { fault }),
		tookMs,
		runs: 1,
		residentMiB: memory("VmRSS"),
		peakMiB: memory("VmHWM"),
	};
}

/** The sum of the lines of /proc/…/status with a name, in MiB. */
export function mebibytes(text: string, name: string): number {
	const lines = [...text.matchAll(new RegExp(`^${name}:\\s*(\\d+)`, "gm"))];
	return lines.reduce((sum, [, kibibytes]) => sum + Number(kibibytes), 0) / 1024;
}

/** What a launcher makes of a command that exits with 7, and of one that TERM kills, as its parent sees it. */
export async function statusesOf(launch: Launch): Promise<string> {
	const seen: string[] = [];
	for (const script of ["exit 7", "kill -TERM $$"]) {
		const { ended } = await runProgram(launch(["sh", "-c", script]));
		seen.push(ended.signal?.replace("SIG", "") ?? String(ended.status));
	}
	return seen.join(", ");
}

import { type SpawnSyncReturns, spawnSync } from "node:child_process";

/** A program to run to its end. */
export interface Program {
	readonly args: readonly string[];
	readonly cwd: string;
	readonly env: NodeJS.ProcessEnv;
}

/** What a program costs beside another one that was run in turn with it. */
export interface Comparison {
	/** The median of the ratios, pair by pair. */
	readonly ratio: number;
	/** The median and the least of the differences, pair by pair. */
	readonly medianMs: number;
	readonly leastMs: number;
}

/** Runs two programs in turn, after one pair that does not count: what slows the machine for a while slows both of a pair. */
export function compare(program: Program, floor: Program, pairs: number): Comparison {
	const times = Array.from({ length: pairs + 1 }, () => [timeOf(floor), timeOf(program)] as const).slice(1);
	const differences = times.map(([floorMs, programMs]) => programMs - floorMs);
	return {
		ratio: median(times.map(([floorMs, programMs]) => programMs / floorMs)),
		medianMs: median(differences),
		leastMs: Math.min(...differences),
	};
}

/**
 * Runs a program under this Node.
 * @throws {Error} it failed
 */
export function runProgram({ args, cwd, env }: Program): SpawnSyncReturns<string> {
	const ended = spawnSync(process.execPath, args, { cwd, env, encoding: "utf8" });
	if (ended.status !== 0) throw new Error(`${args.join(" ")} ended with ${ended.status}: ${ended.stderr}`);
	return ended;
}

function timeOf(program: Program): number {
	const start = performance.now();
	runProgram(program);
	return performance.now() - start;
}

function median(numbers: readonly number[]): number {
	const sorted = numbers.toSorted((one, other) => one - other);
	return sorted[Math.floor(sorted.length / 2)] as number;
}

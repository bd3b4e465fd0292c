import { type SpawnSyncReturns, spawnSync } from "node:child_process";

/** A program to run to its end. */
export interface Program {
	readonly words: readonly [string, ...string[]];
	readonly cwd: string;
	readonly env: NodeJS.ProcessEnv;
}

/** What a program costs over others that were run in turn with it, round by round. */
export interface Cost {
	/** Over the floor. */
	readonly medianMs: number;
	readonly leastMs: number;
	/** To the first of the compared programs. */
	readonly ratio: number;
}

/**
 * Runs programs in turn, each once in a round, and the first of them as the floor of all: what slows the machine for a while slows
 * a whole round. One round before does not count.
 */
export function compare(floor: Program, programs: readonly Program[], rounds: number): readonly Cost[] {
	const times = Array.from({ length: rounds + 1 }, () => [floor, ...programs].map(timeOf)).slice(1);
	return programs.map((_, index) => {
		const differences = times.map(([floorMs = 0, ...others]) => (others[index] as number) - floorMs);
		const ratios = times.map(([, firstMs = 0, ...others]) => (others[index - 1] ?? firstMs) / firstMs);
		return { medianMs: median(differences), leastMs: Math.min(...differences), ratio: median(ratios) };
	});
}

/** @throws {Error} the program failed */
export function runProgram({ cwd, env, words: [file, ...args] }: Program): SpawnSyncReturns<string> {
	const ended = spawnSync(file, args, { cwd, env, encoding: "utf8" });
	if (ended.status !== 0)
		throw new Error(`${file} ${args.join(" ")} ended with ${ended.status}: ${ended.stderr}`);
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

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

/** A program to run to its end. */
export interface Program {
	readonly words: readonly [string, ...string[]];
	readonly cwd: string;
	readonly env: NodeJS.ProcessEnv;
}

export interface Contestant extends Program {
	/** How many rounds it takes part in. */
	readonly rounds: number;
}

/** What a program costs over another one that ran in the same rounds. */
export interface Cost {
	readonly medianMs: number;
	readonly leastMs: number;
	/** The median of the ratios. */
	readonly ratio: number;
}

/** What came of a comparison. */
export interface Comparison {
	/** `undefined` where one of the two was not timed. */
	cost(name: string, floor: string): Cost | undefined;
	/** Why a program that failed was timed no further. */
	readonly failures: ReadonlyMap<string, string>;
}

/** Longer takes none that works. */
const TIMEOUT_MS = 30_000;

/**
 * Runs programs round by round, each once in a round and in an order by chance: what slows the machine for a while slows a whole
 * round, and nobody always runs behind the same one. One round before does not count.
 */
export async function compare(
	contestants: ReadonlyMap<string, Contestant>,
	rounds: number,
): Promise<Comparison> {
	const failures = new Map<string, string>();
	const times: ReadonlyMap<string, number>[] = [];
	for (let round = 0; round <= rounds; round++) {
		const measured = new Map<string, number>();
		const inRound = [...contestants].filter(([, contestant]) => round <= contestant.rounds);
		for (const [name, contestant] of shuffled(inRound)) {
			if (failures.has(name)) continue;
			const { ended, tookMs } = await runProgram(contestant);
			const failure = failureOf(ended);
			if (failure === undefined) measured.set(name, tookMs);
			else failures.set(name, failure);
		}
		if (round > 0) times.push(measured);
	}
	return {
		failures,
		cost(name, floor) {
			const pairs = times
				.map((round) => [round.get(name), round.get(floor)] as const)
				.filter((pair): pair is readonly [number, number] => !pair.includes(undefined));
			if (pairs.length === 0 || failures.has(name)) return undefined;
			const differences = pairs.map(([one, other]) => one - other);
			return {
				medianMs: median(differences),
				leastMs: Math.min(...differences),
				ratio: median(pairs.map(([one, other]) => one / other)),
			};
		},
	};
}

/** What became of a program. */
export interface Run {
	readonly ended: SpawnSyncReturns<string>;
	readonly tookMs: number;
}

/** Runs a program to its end, or for half a minute; nothing else goes on meanwhile that would count. */
export async function runProgram({ cwd, env, words: [file, ...args] }: Program): Promise<Run> {
	// The servers stand still when nobody reads what they log.
	await sleep(1);
	const start = performance.now();
	const ended = spawnSync(file, args, {
		cwd,
		env,
		encoding: "utf8",
		maxBuffer: 2 ** 26,
		timeout: TIMEOUT_MS,
		killSignal: "SIGKILL",
	});
	return { ended, tookMs: performance.now() - start };
}

/** How a program failed, in a line; `undefined` where it did not. */
export function failureOf({ error, signal, status, stderr }: SpawnSyncReturns<string>): string | undefined {
	if (error === undefined && status === 0) return undefined;
	const [line = ""] = (stderr ?? "").split("\n").filter((text) => text.trim() !== "");
	return `${error?.message ?? `ended with ${signal ?? status}`} ${line}`.trim().slice(0, 160);
}

export function median(numbers: readonly number[]): number {
	const sorted = numbers.toSorted((one, other) => one - other);
	return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function shuffled<T>(items: readonly T[]): readonly T[] {
	const order = [...items];
	for (let last = order.length - 1; last > 0; last--) {
		const other = Math.floor(Math.random() * (last + 1));
		[order[last], order[other]] = [order[other] as T, order[last] as T];
	}
	return order;
}

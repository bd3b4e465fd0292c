import { type TimedSignal, withEndOf } from "./deadline.ts";
import { createLimit, type Limit } from "./limit.ts";

/** Asks one question of a server; its outcome, or that of another question which tells that the server is dead. */
export type Circuit<T> = (question: (signal: AbortSignal) => Promise<T>) => Promise<T>;

export interface CircuitOptions<T> {
	/** How many questions may be under way at once, their retries included. */
	readonly max: number;
	/** Whether an outcome is none of a server that is alive and well. */
	readonly isFailure: (outcome: T) => boolean;
}

/** So many questions in a row, each after all its attempts. */
const MAX_FAILURES = 3;

/**
 * Makes a circuit for the questions under one signal. A dead server is asked by the few that are under way, and not by the
 * hundreds behind them: when some questions in a row have failed, and nobody was answered while they were asked, all others are
 * given up and share the last outcome. One bad connection among good ones is none of this, nor is a server that refuses.
 * When nobody asks any more it is forgotten.
 */
export function createCircuit<T>(signal: AbortSignal, options: CircuitOptions<T>): Circuit<T> {
	let wave = startWave<T>(signal, options);
	return async (question) => {
		const mine = wave;
		mine.underWay++;
		try {
			return await mine.limit(mine.signal, () => ask(question, mine, options));
		} catch (error) {
			if (mine.last !== undefined && !signal.aborted) return mine.last.outcome;
			throw error;
		} finally {
			if (--mine.underWay === 0 && mine.last !== undefined) wave = startWave(signal, options);
		}
	};
}

interface Wave<T> {
	/** Ends with the signal of the circuit, and when the server turns out to be dead. */
	readonly signal: AbortSignal;
	readonly giveUp: () => void;
	readonly limit: Limit;
	underWay: number;
	answered: number;
	failures: number;
	/** The outcome that told that it is dead. */
	last?: { readonly outcome: T };
}

function startWave<T>(signal: TimedSignal, { max }: CircuitOptions<T>): Wave<T> {
	const controller = new AbortController();
	return {
		signal: withEndOf(signal, AbortSignal.any([signal, controller.signal])),
		giveUp: () => controller.abort(),
		limit: createLimit(max),
		underWay: 0,
		answered: 0,
		failures: 0,
	};
}

async function ask<T>(
	question: (signal: AbortSignal) => Promise<T>,
	wave: Wave<T>,
	{ isFailure }: CircuitOptions<T>,
): Promise<T> {
	const before = wave.answered;
	const outcome = await question(wave.signal);
	if (!isFailure(outcome)) {
		wave.answered++;
		wave.failures = 0;
		return outcome;
	}
	if (wave.answered === before) wave.failures++;
	if (wave.failures >= MAX_FAILURES) {
		wave.last ??= { outcome };
		wave.giveUp();
	}
	return wave.last?.outcome ?? outcome;
}

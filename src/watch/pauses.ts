/** What chance decides: a number from 0 up to, and without, 1. */
export type Random = () => number;

const JITTER = 0.1;

/** How long until it is looked again: a tenth more or less than asked for, so that a fleet does not look at one moment. */
export function pollPauseMs(intervalMs: number, random: Random): number {
	return intervalMs * (1 - JITTER + 2 * JITTER * random());
}

/** How long until it is looked for the first time: what was started together does not look together ever after. */
export function firstPauseMs(intervalMs: number, random: Random): number {
	return intervalMs * random();
}

/** This instance's share of the time over which a fleet spreads what follows from a change. */
export function splayPauseMs(splayMs: number, random: Random): number {
	return splayMs * random();
}

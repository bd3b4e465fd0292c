import { now } from "../clock.ts";
import { DstaError } from "../errors.ts";
import type { Entry } from "../map/secret-map.ts";
import type { Resolution } from "../resolve/resolve.ts";

/** How long one caller waits, and for what. */
export interface Patience {
	readonly signal?: AbortSignal | undefined;
	/** In milliseconds; by default that of all calls. */
	readonly timeoutMs?: number | undefined;
	/** Whether an answer to an earlier question does not do. */
	readonly fresh?: boolean | undefined;
}

/** What all callers of a resolution have left for it. */
export interface Limits {
	readonly signal: AbortSignal;
	readonly timeoutMs: number;
}

export interface SharedReadsOptions {
	/** Resolves the entries of a wave, in their order. */
	readonly resolve: (entries: readonly Entry[], limits: Limits) => Promise<readonly Resolution[]>;
	/** The deadline of a call that names none, in milliseconds. */
	readonly timeoutMs: number;
	/** How long what was found is kept, in milliseconds. */
	readonly keepMs: number;
}

export interface SharedReads {
	/**
	 * What becomes of an entry.
	 * @throws {DstaError} DSTA_TIMEOUT this caller's time is over · the signal's own reason when it aborts
	 */
	read(entry: Entry, patience: Patience): Promise<Resolution>;
	/** Forgets what was kept, and does not keep what is under way. */
	clear(): void;
	/** Forgets what was kept, and ends what is under way with an error. */
	close(error: DstaError): void;
}

/**
 * Shares the work of reads: those of one turn of the event loop are one resolution, whoever asks for what is under way waits
 * for the same answer, and what was found is kept for a while. Absences, failures and what was found in the place of a failure
 * are never kept.
 */
export function createSharedReads(options: SharedReadsOptions): SharedReads {
	let kept = new Map<string, Kept>();
	let underWay = new Map<string, Seat>();
	let boarding: Wave | undefined;
	const waves = new Set<Wave>();

	/** The seat of what is under way, unless that was given less time than this caller has, or is too old for it. */
	function taken(key: string, { fresh, timeoutMs = options.timeoutMs }: Patience): Seat | undefined {
		const seat = underWay.get(key);
		if (seat === undefined || isGivenUp(seat.wave)) return undefined;
		if (seat.wave === boarding) return seat;
		return fresh !== true && timeoutMs <= seat.wave.timeoutMs ? seat : undefined;
	}

	function board(key: string, entry: Entry): Seat {
		const wave = boarding === undefined || isGivenUp(boarding) ? createWave() : boarding;
		if (wave !== boarding) setImmediate(depart, wave);
		boarding = wave;
		waves.add(wave);
		const seat = { wave, index: wave.entries.push(entry) - 1 };
		underWay.set(key, seat);
		land(key, seat);
		return seat;
	}

	function depart(wave: Wave): void {
		if (boarding === wave) boarding = undefined;
		const { entries, landing, timeoutMs } = wave;
		const { signal } = wave.controller;
		if (signal.aborted) landing.reject(signal.reason);
		else options.resolve(entries, { signal, timeoutMs }).then(landing.resolve, landing.reject);
	}

	async function land(key: string, { index, wave }: Seat): Promise<void> {
		// What is cleared in between is another map by then.
		const [places, shelf] = [underWay, kept];
		const [resolution] = (await wave.landing.promise.catch(() => [])).slice(index, index + 1);
		waves.delete(wave);
		// Whoever asked later knows better.
		if (places.get(key)?.wave !== wave) return;
		places.delete(key);
		if (options.keepMs > 0 && resolution !== undefined && isToBeKept(resolution))
			keep(shelf, key, { resolution, until: now() + options.keepMs });
	}

	function clear(): void {
		kept = new Map();
		underWay = new Map();
	}

	return {
		async read(entry, patience) {
			patience.signal?.throwIfAborted();
			const key = JSON.stringify([entry.path.text, entry.version, entry.backend]);
			const old = patience.fresh === true ? undefined : kept.get(key);
			if (old !== undefined && now() < old.until) return old.resolution;
			const { index, wave } = taken(key, patience) ?? board(key, entry);
			const timeoutMs = patience.timeoutMs ?? options.timeoutMs;
			const resolutions = await waitFor(wave, { entry, timeoutMs, signal: patience.signal });
			return resolutions[index] as Resolution;
		},
		clear,
		close(error) {
			clear();
			for (const { controller, landing } of waves) {
				landing.reject(error);
				controller.abort();
			}
		},
	};
}

function isToBeKept({ attempts, origin }: Resolution): boolean {
	return origin !== undefined && attempts.every(({ outcome }) => outcome !== "failed");
}

/** Keeps one more, and lets go of those whose time is over: the first ones, since all are kept equally long. */
function keep(shelf: Map<string, Kept>, key: string, one: Kept): void {
	for (const [old, { until }] of shelf) {
		if (now() < until) break;
		shelf.delete(old);
	}
	// Of a key that is there already it would take the old place.
	shelf.delete(key);
	shelf.set(key, one);
}

interface Kept {
	readonly resolution: Resolution;
	/** On the clock of now(). */
	readonly until: number;
}

/** Entries that are resolved together. */
interface Wave {
	readonly entries: Entry[];
	readonly controller: AbortController;
	readonly landing: PromiseWithResolvers<readonly Resolution[]>;
	callers: number;
	timeoutMs: number;
}

interface Seat {
	readonly wave: Wave;
	readonly index: number;
}

function createWave(): Wave {
	const landing = Promise.withResolvers<readonly Resolution[]>();
	return { entries: [], controller: new AbortController(), landing, callers: 0, timeoutMs: 0 };
}

/** Whether all who waited for a wave have left. */
function isGivenUp({ controller }: Wave): boolean {
	return controller.signal.aborted;
}

interface Wait {
	readonly entry: Entry;
	readonly timeoutMs: number;
	readonly signal: AbortSignal | undefined;
}

/** Waits as long as this caller wants to; the last one to go away ends the resolution. */
async function waitFor(wave: Wave, { entry, signal, timeoutMs }: Wait): Promise<readonly Resolution[]> {
	const { promise: leaving, reject: leave } = Promise.withResolvers<never>();
	const onAbort = () => leave(signal?.reason);
	const timer = setTimeout(() => leave(timedOut(entry, timeoutMs)), timeoutMs + GRACE_MS);
	signal?.addEventListener("abort", onAbort, { once: true });
	wave.callers++;
	wave.timeoutMs = Math.max(wave.timeoutMs, timeoutMs);
	try {
		return await Promise.race([wave.landing.promise, leaving]);
	} finally {
		clearTimeout(timer);
		signal?.removeEventListener("abort", onAbort);
		wave.callers--;
		if (wave.callers === 0) wave.controller.abort();
	}
}

/** So much later than the resolution's own deadline, whose words say more. */
const GRACE_MS = 50;

function timedOut({ path }: Entry, timeoutMs: number): DstaError {
	return new DstaError("DSTA_TIMEOUT", `No answer for ${path.text} within ${timeoutMs / 1000}s`, {
		path: path.text,
		cure: "Check that the backends are reachable from here, or raise timeoutMs.",
	});
}

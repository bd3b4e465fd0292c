import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPauses } from "../src/backends/vault/retry.ts";
import { randomFrom } from "./chance.ts";
import { table } from "./markdown.ts";
import { drawPlots, type Line, type Plot } from "./plot.ts";

/*
 * A fleet that starts at once against one Vault: a simulation, which makes no requests and always gives the same. Vault has a quota
 * of requests in a second and answers what is beyond it with 429 and Retry-After: 1, as a quota of Vault or OpenBao does. A launcher
 * reads its secrets at once and each again as src/backends/vault/retry.ts does. When one of them has failed after all attempts, or
 * the next attempt would begin after the deadline, the launcher ends with 75 and is started again by what keeps containers alive.
 */
const LAUNCHERS = 10_000;
const SECRETS = 5;
/** All are started within. */
const SPREAD_MS = 100;
/** Requests in a second: one that lets nobody through in time, and one that could. */
const LIMITS = [1_200, 12_000];
const ANSWER_MS = 5;
const RETRY_AFTER_MS = 1_000;
/** Of a backend. */
const DEADLINE_MS = 10_000;
/** Kubernetes waits 10 s after the first failure, and twice as long after each further one. */
const FIRST_RESTART_MS = 10_000;
const MOST_RESTART_MS = 300_000;
const SECOND_MS = 1_000;
const END_MS = 900_000;
/** In the pictures. */
const SHOWN_SECONDS = 120;

interface Way {
	readonly name: string;
	readonly retries: number;
	/** What of the longest pause is waited for. */
	readonly random: () => number;
	/** Whether each request has a pause of its own, and not one with all of its launcher that were refused as often. */
	readonly isEach?: boolean;
	/** Over what time the launchers are started; the default is all at once. */
	readonly spreadMs?: number;
}

const none = () => 1;
const WAYS: readonly Way[] = [
	{ name: "no retries", retries: 0, random: none },
	{ name: "2 retries, no jitter", retries: 2, random: none },
	{ name: "2 retries, a jitter per request", retries: 2, random: randomFrom(2), isEach: true },
	{ name: "2 retries, a jitter per launcher (default)", retries: 2, random: randomFrom(5) },
	{ name: "10 retries, no jitter", retries: 10, random: none },
	{ name: "10 retries, a jitter per launcher", retries: 10, random: randomFrom(3) },
	{
		name: "2 retries, a jitter per launcher, rolled out over 60 s",
		retries: 2,
		random: randomFrom(4),
		spreadMs: 60_000,
	},
];

/** What happened, by second. */
interface Curve {
	readonly requests: readonly number[];
	readonly refused: number;
	/** Launchers whose command has been started. */
	readonly started: readonly number[];
	/** Of the launchers, those that came to it in their first run. */
	readonly atFirst: number;
	readonly ends: number;
}

interface Launcher {
	open: number;
	failures: number;
	deadlineMs: number;
	hasFailed: boolean;
	pauseMs: (retry: number) => number;
}

interface Request {
	readonly launcher: Launcher;
	readonly retry: number;
}

/** Simulates the start of a fleet in several ways, draws the curves, and gives tables of them. */
export function simulateStarts(output: string): string {
	const file = join(output, "starts.svg");
	const fleets = LIMITS.map((limit) => ({
		limit,
		runs: WAYS.map((way) => ({ way, curve: simulate(way, { limit, chance: randomFrom(1) }) })),
	}));
	writeFileSync(file, drawPlots(fleets.flatMap(plotsOf)));
	const head = ["", "in the first run", "half", "99 %", "all", "requests", "refused", "most in a second"];
	const tables = fleets.map(
		({ limit, runs }) =>
			`### Vault answers ${limit} requests in a second: ${(DEMAND / limit).toFixed(0)} s at least\n\n${table([
				[...head, "ends with 75"],
				...runs.map(({ curve, way }) => rowOf(way, curve)),
			])}`,
	);
	return `## ${LAUNCHERS} starts at once\n\nA simulation: ${SECRETS} secrets each, and what is over the limit is answered with 429; drawn in ${file}. Seconds until that part of the commands runs.\n\n${tables.join("\n")}`;
}

const DEMAND = LAUNCHERS * SECRETS;

interface Fleet {
	readonly limit: number;
	readonly runs: readonly { readonly way: Way; readonly curve: Curve }[];
}

function plotsOf({ limit, runs }: Fleet): readonly Plot[] {
	const lastSecond = Math.min(SHOWN_SECONDS, Math.max(...runs.map(({ curve }) => lastOf(curve.requests))));
	const linesOf = (of: (curve: Curve) => readonly number[]): readonly Line[] =>
		runs.map(({ curve, way }) => ({
			name: way.name,
			points: of(curve)
				.slice(0, lastSecond + 1)
				.map((value, second) => [second, value] as const),
		}));
	const ends = [0, lastSecond];
	const allowed: Line = {
		name: "the limit",
		points: ends.map((second) => [second, limit] as const),
		isDashed: true,
	};
	const [started, requests] = [linesOf((curve) => curve.started), linesOf((curve) => curve.requests)];
	return [
		{ title: `commands started, limit ${limit}`, x: "seconds", lines: started },
		{ title: `requests in a second, limit ${limit}`, x: "seconds", lines: [...requests, allowed] },
	];
}

function rowOf({ name }: Way, { atFirst, ends, refused, requests, started }: Curve): readonly string[] {
	const when = (part: number) => {
		const second = started.findIndex((count) => count >= LAUNCHERS * part);
		return second === -1 ? "–" : String(second);
	};
	return [
		name,
		`${((100 * atFirst) / LAUNCHERS).toFixed(1)} %`,
		...[0.5, 0.99, 1].map(when),
		String(requests.reduce((sum, count) => sum + count, 0)),
		String(refused),
		String(Math.max(...requests)),
		String(ends),
	];
}

interface World {
	readonly limit: number;
	readonly chance: () => number;
}

function simulate(
	{ isEach = false, random, retries, spreadMs = SPREAD_MS }: Way,
	{ chance, limit }: World,
): Curve {
	// What happens in a millisecond; only the requests of now are looked at, in the order that they came in.
	const calendar: (Request[] | undefined)[] = new Array(END_MS);
	const requests = new Array<number>(END_MS / SECOND_MS).fill(0);
	const startsIn = new Array<number>(END_MS / SECOND_MS).fill(0);
	let [refused, atFirst, ends] = [0, 0, 0];
	const at = (ms: number, request: Request) => {
		const slot = Math.round(ms);
		if (slot >= END_MS) return;
		const requestsThen = calendar[slot];
		if (requestsThen === undefined) calendar[slot] = [request];
		else requestsThen.push(request);
	};
	const start = (launcher: Launcher, ms: number) => {
		Object.assign(launcher, {
			open: SECRETS,
			hasFailed: false,
			deadlineMs: ms + DEADLINE_MS,
			pauseMs: createPauses(random),
		});
		for (let secret = 0; secret < SECRETS; secret++) at(ms, { launcher, retry: 0 });
	};
	const settle = (launcher: Launcher, ms: number) => {
		if (--launcher.open > 0) return;
		const second = Math.floor(ms / SECOND_MS);
		if (!launcher.hasFailed) {
			startsIn[second] = (startsIn[second] ?? 0) + 1;
			if (launcher.failures === 0) atFirst++;
			return;
		}
		ends++;
		start(launcher, ms + Math.min(MOST_RESTART_MS, FIRST_RESTART_MS * 2 ** launcher.failures++));
	};
	for (let index = 0; index < LAUNCHERS; index++)
		start(
			{ open: 0, failures: 0, deadlineMs: 0, hasFailed: false, pauseMs: createPauses(random) },
			chance() * spreadMs,
		);
	for (let ms = 0; ms < END_MS; ms++) {
		const second = Math.floor(ms / SECOND_MS);
		for (const { launcher, retry } of shuffled(calendar[ms] ?? [], chance)) {
			const before = requests[second] ?? 0;
			requests[second] = before + 1;
			if (before < limit) {
				settle(launcher, ms + ANSWER_MS);
				continue;
			}
			refused++;
			const pauseMs = isEach ? createPauses(random) : launcher.pauseMs;
			const nextMs = ms + RETRY_AFTER_MS + pauseMs(retry);
			if (retry < retries && nextMs < launcher.deadlineMs) at(nextMs, { launcher, retry: retry + 1 });
			else {
				launcher.hasFailed = true;
				settle(launcher, ms + ANSWER_MS);
			}
		}
		calendar[ms] = undefined;
	}
	let sum = 0;
	return { requests, refused, atFirst, ends, started: startsIn.map((count) => (sum += count)) };
}

function lastOf(requests: readonly number[]): number {
	return requests.findLastIndex((count) => count > 0);
}

// Nobody is always first at the door.
function shuffled(items: readonly Request[], chance: () => number): readonly Request[] {
	const order = [...items];
	for (let last = order.length - 1; last > 0; last--) {
		const other = Math.floor(chance() * (last + 1));
		[order[last], order[other]] = [order[other] as Request, order[last] as Request];
	}
	return order;
}

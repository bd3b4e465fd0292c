/*
 * What a fleet asks of its backend when a secret changes: `node bench/fleet.ts`, or `node bench/fleet.ts FILE.svg` for the curves as
 * a picture too. A simulation of 10 000 instances that were started within one second, as by a deployment: it makes no requests and
 * always prints the same.
 */
import { writeFileSync } from "node:fs";
import { firstPauseMs, pollPauseMs, type Random, splayPauseMs } from "../src/watch/pauses.ts";
import { randomFrom } from "./chance.ts";
import { drawPlots } from "./plot.ts";

const INSTANCES = 10_000;
const SECRETS = 5;
const INTERVAL_MS = 60_000;
const SETTLE_MS = 2_000;
/** What the backend answers in a second; the rest waits. */
const LIMIT = 1_200;
const CHANGE_MS = 15 * 60_000;
const END_MS = 30 * 60_000;
const SPLAYS_MS = [0, 60_000, 600_000];

/** What a row of the curve stands for, and a sign of it. */
const ROW_SECONDS = 30;
const REQUESTS_OF_SIGN = 100;

const SECOND_MS = 1000;
const SECONDS = END_MS / SECOND_MS;

/** By second. */
interface Curve {
	readonly splayMs: number;
	readonly requests: readonly number[];
	readonly restarts: readonly number[];
}

const curves = SPLAYS_MS.map((splayMs) => simulate(splayMs, randomFrom(1)));
console.log(
	`${INSTANCES} instances, ${SECRETS} secrets each, looked at every ${INTERVAL_MS / SECOND_MS} s; one changes after ${CHANGE_MS / SECOND_MS} s; the backend answers ${LIMIT} requests per second\n`,
);
for (const curve of curves) console.log(`${describe(curve)}\n${draw(curve.requests)}`);
const [, , file] = process.argv;
if (file !== undefined) writeFileSync(file, picture(curves));

/**
 * Each instance asks for all marks at each look, and for all values at its first one and when it sees the change, after which it
 * starts its command anew.
 */
function simulate(splayMs: number, random: Random): Curve {
	const requests = new Array<number>(SECONDS).fill(0);
	const restarts = new Array<number>(SECONDS).fill(0);
	const count = (curve: number[], atMs: number, amount: number) => {
		const second = Math.floor(atMs / SECOND_MS);
		if (second < SECONDS) curve[second] = (curve[second] ?? 0) + amount;
	};
	for (let instance = 0; instance < INSTANCES; instance++) {
		let readAtMs: number | undefined;
		let isRestarted = false;
		let atMs = SECOND_MS * random() + firstPauseMs(INTERVAL_MS, random);
		for (; atMs < END_MS; atMs += pollPauseMs(INTERVAL_MS, random)) {
			count(requests, atMs, SECRETS);
			const isSeen = readAtMs !== undefined && (readAtMs > CHANGE_MS || atMs < CHANGE_MS);
			if (isSeen) continue;
			atMs += splayPauseMs(splayMs, random) + SETTLE_MS;
			readAtMs = atMs;
			count(requests, atMs, SECRETS);
			if (isRestarted || atMs < CHANGE_MS) continue;
			isRestarted = true;
			count(restarts, atMs, 1);
		}
	}
	return { splayMs, requests, restarts };
}

function describe({ requests, restarts, splayMs }: Curve): string {
	return [
		`run.splay: ${splayMs / SECOND_MS}s`,
		`at most ${Math.max(...requests)} requests and ${Math.max(...restarts)} restarts in a second`,
		`the last restart ${restarts.findLastIndex((count) => count > 0) - CHANGE_MS / SECOND_MS} s after the change`,
		`an answer waits ${longestWaitSeconds(requests).toFixed(1)} s at most`,
	].join("; ");
}

function longestWaitSeconds(requests: readonly number[]): number {
	let waiting = 0;
	let most = 0;
	for (const count of requests) {
		waiting = Math.max(0, waiting + count - LIMIT);
		most = Math.max(most, waiting);
	}
	return most / LIMIT;
}

/** A row for so many seconds, as long as the busiest of them; what is over the limit in another sign. */
function draw(requests: readonly number[]): string {
	const rows = Array.from({ length: SECONDS / ROW_SECONDS }, (_, row) => {
		const most = Math.max(...requests.slice(row * ROW_SECONDS, (row + 1) * ROW_SECONDS));
		const bar = "█".repeat(Math.round(Math.min(most, LIMIT) / REQUESTS_OF_SIGN));
		const over = "▒".repeat(Math.round(Math.max(0, most - LIMIT) / REQUESTS_OF_SIGN));
		return `${String(row * ROW_SECONDS).padStart(4)} s ${String(most).padStart(6)} ${bar}${over}`;
	});
	return `${rows.join("\n")}\n`;
}

function picture(all: readonly Curve[]): string {
	return drawPlots(
		all.map(({ requests, splayMs }) => ({
			title: `run.splay: ${splayMs / SECOND_MS}s, requests per second`,
			x: "seconds",
			lines: [
				{ name: "asked", points: requests.map((count, second) => [second, count] as const) },
				{
					name: `limit ${LIMIT}`,
					isDashed: true,
					points: [
						[0, LIMIT],
						[SECONDS, LIMIT],
					] as const,
				},
			],
		})),
	);
}

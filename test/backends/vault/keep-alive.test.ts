import { beforeEach, describe, expect, it, vi } from "vitest";
import type { LeaseNews } from "../../../src/backends/backend.ts";
import { keepAlive } from "../../../src/backends/vault/keep-alive.ts";
import type { VaultLease } from "../../../src/backends/vault/lease.ts";
import { createLeases } from "../../../src/backends/vault/leases.ts";
import { createKeeper } from "../../../src/backends/vault/renew.ts";
import type { Session } from "../../../src/backends/vault/session.ts";
import { now } from "../../../src/clock.ts";
import { DstaError } from "../../../src/errors.ts";

/** The waits of a test, which pass at once; the clock stands still. */
const waits: { ms: number; options: { ref?: boolean } }[] = [];

vi.mock("node:timers/promises", () => ({
	setTimeout: async (ms: number, _value: undefined, options: { ref?: boolean }) =>
		waits.push({ ms, options }),
}));

beforeEach(() => {
	waits.length = 0;
});

const HOUR_MS = 3_600_000;
const DOWN = new DstaError("DSTA_UNAVAILABLE", "Vault not available", { cure: "Wait." });

/** What is told of something whose renewals have these outcomes, the last of which ends it. */
async function newsOf(lifeMs: number, ...outcomes: readonly (number | DstaError)[]): Promise<LeaseNews[]> {
	const news: LeaseNews[] = [];
	const left = [...outcomes];
	const renewable = {
		path: "a/creds/b",
		lifeMs,
		isRenewable: true,
		endsAt: now() + lifeMs,
		async renew() {
			const outcome = left.shift() as number | DstaError;
			if (outcome instanceof Error) throw outcome;
			return outcome;
		},
	};
	await keepAlive(renewable, { onNews: (one) => news.push(one), signal: new AbortController().signal });
	expect(left).toEqual([]);
	return news;
}

describe("what is renewed", () => {
	it("is renewed when up to two thirds of its life are over, at ever another moment, and holds no process", async () => {
		await newsOf(HOUR_MS, ...Array(20).fill(HOUR_MS), 0);
		expect(waits).toHaveLength(21);
		for (const { ms, options } of waits) {
			expect(ms / HOUR_MS).toBeGreaterThan(0.59);
			expect(ms / HOUR_MS).toBeLessThanOrEqual(2 / 3);
			expect(options.ref).toBe(false);
		}
		expect(new Set(waits.map(({ ms }) => Math.round(ms / 1000))).size).toBeGreaterThan(10);
	});

	it("has another end with each renewal, for whoever asks when that is", async () => {
		const term = { lifeMs: HOUR_MS, isRenewable: true, endsAt: now() };
		const lease: VaultLease = { id: "a/creds/b/L1", apiPath: "a/creds/b", namespace: "", ...term };
		const ends: number[] = [];
		const answers = [
			{ status: 200, body: { lease_duration: 3600 } },
			{ status: 400, body: { errors: ["lease not found"] } },
		];
		const ask = async () => {
			ends.push(lease.endsAt - now());
			return answers[ends.length - 1];
		};
		const { promise: isOver, resolve } = Promise.withResolvers<LeaseNews>();
		const signal = new AbortController().signal;
		const session = { ask, settings: {} } as unknown as Session;
		createKeeper(session, createLeases(), { onNews: resolve, signal })(lease);
		await isOver;
		expect(ends[0]).toBeLessThanOrEqual(0);
		expect(ends[1]).toBeGreaterThan(HOUR_MS - 60_000);
		expect(lease.endsAt).toBeLessThanOrEqual(now());
	});

	it("is renewed earlier where no timer waits for so long", async () => {
		await newsOf(1e12, 0);
		expect(waits[0]?.ms).toBe(2 ** 31 - 1);
	});

	it("is tried again while there is time, at most a minute later, which is told once", async () => {
		const news = await newsOf(HOUR_MS, DOWN, DOWN, DOWN, HOUR_MS, 0);
		expect(news.map(({ kind, reason }) => [kind, reason])).toEqual([
			["late", "Vault not available"],
			["ending", "Vault does not know it any more"],
		]);
		for (const { ms } of waits.slice(1, 4)) {
			expect(ms).toBeGreaterThanOrEqual(30_000);
			expect(ms).toBeLessThanOrEqual(60_000);
		}
	});

	it.each([500, 2000, 9999.5, 60_000])("is renewed where it lives for %s ms", async (lifeMs) => {
		expect(await newsOf(lifeMs, lifeMs, DOWN, lifeMs, 0)).toMatchObject([
			{ kind: "late" },
			{ kind: "ending" },
		]);
	});

	it("is tried no longer than it lives", async () => {
		const [late, ending] = await newsOf(0, DOWN);
		expect([late?.kind, late?.leftMs, ending]).toEqual(["ending", 0, undefined]);
	});

	it("is told of where something else fails than was thought of, which ends nothing", async () => {
		const [ending] = await newsOf(HOUR_MS, new TypeError("s3ntinel") as never);
		expect(ending).toMatchObject({ kind: "ending", reason: "renewing it failed (TypeError)" });
	});

	it("gets as much time as its server gives, and is not renewed again where that is less than at first", async () => {
		const [ending] = await newsOf(HOUR_MS, HOUR_MS, HOUR_MS / 2);
		expect(ending).toMatchObject({ kind: "ending", path: "a/creds/b" });
		expect((ending?.leftMs as number) / HOUR_MS).toBeCloseTo(0.5, 2);
	});
});

import { describe, expect, it, onTestFinished, vi } from "vitest";
import { DstaError } from "../../src/errors.ts";
import type { Entry, RotateSettings } from "../../src/map/secret-map.ts";
import { rotateDue } from "../../src/rotation/due.ts";
import { openLedger } from "../../src/rotation/ledger.ts";
import { listRotations } from "../../src/rotation/list.ts";
import { resume, rotate } from "../../src/rotation/rotate.ts";
import { setSchedule } from "../../src/rotation/schedule.ts";
import { MemoryBackend } from "../../src/testing.ts";
import { hooks, jobOf, killable, mapOf, searchAt, targetAt } from "./job.ts";

const DAY = 86_400_000;
const PATH = "a/b/c";
const signal = new AbortController().signal;
const EVERY: RotateSettings = { everyMs: 90 * DAY, generate: "alnum:8" };

/** Has the clock show another time, from which on it goes by itself. */
function wait(days: number): void {
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + days * DAY });
	onTestFinished(() => void vi.useRealTimers());
}

const dueWith = (backend: MemoryBackend, paths: readonly string[], settings: RotateSettings) =>
	rotateDue(mapOf(paths, settings), {
		...searchAt(backend),
		jobFor: (candidate) => jobOf(candidate.settings),
	});

describe("what is due", () => {
	it("is what is older than its schedule says, and is rotated once", async () => {
		const backend = new MemoryBackend({ "a/b": { c: "old", d: "old" }, "e/f": { g: "old" } });
		const paths = ["a/b/c", "a/b/d", "e/f/g"];
		expect(await dueWith(backend, paths, EVERY)).toEqual([]);
		wait(91);
		const outcomes = await dueWith(backend, paths, EVERY);
		expect(outcomes.map(({ path, rotated }) => [path, rotated?.newVersion])).toEqual([
			["a/b/c", "2"],
			["a/b/d", "3"],
			["e/f/g", "2"],
		]);
		expect(await dueWith(backend, paths, EVERY)).toEqual([]);
		wait(91);
		expect(await dueWith(backend, paths, EVERY)).toHaveLength(3);
	});

	it("is what only others beside it have been rotated before", async () => {
		const backend = new MemoryBackend({ "a/b": { c: "old", d: "old" } });
		expect(await dueWith(backend, ["a/b/d"], EVERY)).toEqual([]);
		for (let month = 1; month <= 3; month++) {
			wait(31);
			await rotate(await targetAt(backend, PATH), jobOf({}, `month ${month}`));
		}
		expect(await dueWith(backend, ["a/b/d"], EVERY)).toMatchObject([{ path: "a/b/d", rotated: {} }]);
	});

	it("is done by one of two machines, and the other says so", async () => {
		const backend = new MemoryBackend({ "a/b": { c: "old", d: "old" } });
		wait(91);
		const all = await Promise.all([1, 2].map(() => dueWith(backend, ["a/b/c", "a/b/d"], EVERY)));
		const outcomes = all.flat();
		expect(
			outcomes
				.filter(({ rotated }) => rotated !== undefined)
				.map(({ path }) => path)
				.sort(),
		).toEqual(["a/b/c", "a/b/d"]);
		expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
		expect((await targetAt(backend, PATH)).current?.version).toBe("3");
	});

	it("follows the schedule beside a secret before that of the map", async () => {
		const backend = new MemoryBackend({ "a/b": { c: "old" } });
		await setSchedule(await targetAt(backend, PATH), 30 * DAY, { timeoutMs: 1000 });
		wait(31);
		expect(await dueWith(backend, [PATH], EVERY)).toHaveLength(1);
		await setSchedule(await targetAt(backend, PATH), undefined, { timeoutMs: 1000 });
		wait(31);
		expect(await dueWith(backend, [PATH], EVERY)).toEqual([]);
	});

	it("takes the fields that a wildcard has, and leaves what nobody has", async () => {
		const backend = new MemoryBackend({ "a/b": { c: "old", "d/e": "old" } });
		wait(91);
		const outcomes = await dueWith(backend, ["a/b/*", "no/such/field"], EVERY);
		expect(outcomes.map(({ path }) => path)).toEqual(["a/b/c", "a/b#d/e"]);
	});

	it("goes on with what stopped once it is not held any more, and revokes after the grace", async () => {
		const backend = new MemoryBackend({ "a/b": { c: "old" } });
		const settings: RotateSettings = { ...EVERY, revoke: { command: ["true"], afterMs: DAY } };
		const failing: RotateSettings = { ...settings, verify: { command: ["false"] } };
		await expect(rotate(await targetAt(backend, PATH), jobOf(failing, "new"))).rejects.toMatchObject({
			code: "DSTA_ROTATION",
		});
		expect(await dueWith(backend, [PATH], failing)).toMatchObject([{ error: { code: "DSTA_ROTATION" } }]);
		expect(await dueWith(backend, [PATH], settings)).toMatchObject([
			{ rotated: { revokeAt: expect.any(Date) } },
		]);
		expect(await dueWith(backend, [PATH], settings)).toEqual([]);
		wait(1.1);
		const [outcome] = await dueWith(backend, [PATH], settings);
		expect(outcome?.rotated?.steps[0]).toMatchObject({ step: "revoke", outcome: "done" });
		expect((await targetAt(backend, PATH)).current?.value).toBe("new");
	});

	it("leaves to another machine what that is at, until its time is over", async () => {
		const backend = new MemoryBackend({ "a/b": { c: "old" } });
		const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
		const { promise: end, resolve: finish } = Promise.withResolvers<string>();
		const giveValue = () => {
			begin();
			return end;
		};
		const slow = rotate(await targetAt(backend, PATH), jobOf({}, undefined, { giveValue, host: "other" }));
		await begun;
		expect(await dueWith(backend, [PATH], EVERY)).toEqual([{ path: PATH, busy: "other is at it: generate" }]);
		wait(1);
		expect(await dueWith(backend, [PATH], EVERY)).toMatchObject([{ rotated: { newVersion: "2" } }]);
		finish("late");
		await expect(slow).rejects.toMatchObject({ code: "DSTA_CONFLICT" });
	});

	it("is gone on with by one of two machines that found it stopped", async () => {
		const backend = new MemoryBackend({ "a/b": { c: "old" } });
		const { hook, lines } = hooks();
		const verify = { command: hook("verify") };
		const stopped = rotate(await targetAt(backend, PATH), jobOf({ verify: { command: ["false"] } }, "new"));
		await expect(stopped).rejects.toMatchObject({ code: "DSTA_ROTATION" });
		const target = await targetAt(backend, PATH);
		const seen = { record: await openLedger(target, jobOf({})).read() };
		let other: Promise<unknown> = Promise.resolve();
		const onProgress = () => {
			other = expect(resume(target, jobOf({ verify }), seen)).rejects.toMatchObject({
				code: "DSTA_CONFLICT",
			});
		};
		await resume(target, jobOf({ verify }, undefined, { onProgress }), seen);
		await other;
		expect(lines()).toHaveLength(1);
	});

	it("takes nothing from a rotation that begins while it is looked how old its field is", async () => {
		const backend = new MemoryBackend({ "a/b": { c: "old" } });
		const target = await targetAt(backend, PATH);
		let looked: Promise<unknown> = Promise.resolve();
		const onProgress = (step: string) => {
			// As it is written by who has looked before this rotation began.
			const seen = "step=seen id=- by=- at=2026-01-01T00:00:00Z";
			if (step === "update")
				looked = backend.annotations.write("a/b", new Map([["dsta:rotation:c", seen]]), signal);
		};
		const record = async () => void (await looked);
		await rotate(target, jobOf({ verify: { command: ["true"] } }, "new", { onProgress, record }));
		expect((await backend.annotations.read("a/b", signal))?.get("dsta:rotation:c")).toMatch(/^step=done /);
	});

	it("is done though there is no room to note how old what is not due is", async () => {
		const backend = new MemoryBackend({ "a/b": { c: "old" } });
		const full = new DstaError("DSTA_CONFIG", "too many", { cure: "less" });
		const annotations = {
			read: backend.annotations.read.bind(backend.annotations),
			write: async () => Promise.reject(full),
		};
		const { annotations: _, ...others } = killable(backend).backend;
		expect(
			await rotateDue(mapOf([PATH], EVERY), {
				...searchAt({ ...others, annotations }),
				jobFor: ({ settings }) => jobOf(settings),
			}),
		).toEqual([]);
	});

	it("is an error where nothing makes a new value", async () => {
		const backend = new MemoryBackend({ "a/b": { c: "old" } });
		wait(91);
		expect(await dueWith(backend, [PATH], { everyMs: DAY })).toMatchObject([
			{ error: { code: "DSTA_CONFIG" } },
		]);
	});
});

describe("the list", () => {
	it("says how old each field is, when it is due and what is unfinished", async () => {
		const backend = new MemoryBackend({ "a/b": { c: "old", d: "old" } });
		const failing: RotateSettings = { verify: { command: ["false"] } };
		const began = Date.now();
		await rotate(await targetAt(backend, "a/b/d"), jobOf(failing, "new")).catch(() => undefined);
		wait(100);
		const list = await listRotations(mapOf(["a/b/c", "a/b/d", "no/such/field"], EVERY), searchAt(backend));
		expect(list).toMatchObject([
			{
				path: "a/b/c",
				backend: "memory",
				version: "2",
				everyMs: 90 * DAY,
				isOverdue: true,
				unfinished: undefined,
			},
			{ path: "a/b/d", isOverdue: true, unfinished: { step: "verify", oldVersion: "1", newVersion: "2" } },
			{ path: "no/such/field", backend: undefined, isOverdue: false },
		]);
		const dueAt = list[0]?.dueAt?.getTime() ?? 0;
		expect(dueAt).toBeGreaterThanOrEqual(began + 90 * DAY);
		expect(dueAt).toBeLessThan(began + 91 * DAY);
	});

	it("has an error in the place of what cannot be asked", async () => {
		const [{ DstaError }, backend] = [
			await import("../../src/errors.ts"),
			new MemoryBackend({ "a/b": { c: "old" } }),
		];
		backend.fail(new DstaError("DSTA_DENIED", "no", { cure: "ask", backend: "memory" }));
		expect(await listRotations(mapOf([PATH]), searchAt(backend))).toMatchObject([
			{ path: PATH, backend: "memory", isOverdue: false, error: { code: "DSTA_DENIED" } },
		]);
	});
});

describe("an entry that is read otherwise than it would be written", () => {
	it.each<[string, Partial<Entry>]>([
		["has a mount of its own", { backends: { memory: { mount: "team" } } }],
		["has a version", { version: 3 }],
	])("is not rotated, and the list says so: %s", async (_, more) => {
		const backend = new MemoryBackend({ "a/b": { c: "old" } });
		const map = mapOf([PATH], EVERY);
		const own = { ...map, entries: map.entries.map((entry) => ({ ...entry, ...more })) };
		wait(91);
		const search = searchAt(backend);
		expect(await listRotations(own, search)).toMatchObject([{ error: { code: "DSTA_UNSUPPORTED" } }]);
		expect(await rotateDue(own, { ...search, jobFor: ({ settings }) => jobOf(settings) })).toEqual([]);
	});
});

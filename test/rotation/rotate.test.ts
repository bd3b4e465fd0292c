import { describe, expect, it } from "vitest";
import { DstaError } from "../../src/errors.ts";
import type { RotateSettings } from "../../src/map/secret-map.ts";
import { rollBack } from "../../src/rotation/rollback.ts";
import { resume, rotate } from "../../src/rotation/rotate.ts";
import { MemoryBackend } from "../../src/testing.ts";
import { hooks, jobOf, Killed, killable, targetAt } from "./job.ts";

const PATH = "exchange/binance/api_key";
const SECRETS = { "exchange/binance": { api_key: "old", api_secret: "kept" } };
const signal = new AbortController().signal;

const valueAt = async (backend: MemoryBackend) => (await targetAt(backend, PATH)).current?.value;
const noteOf = async (backend: MemoryBackend) =>
	(await backend.annotations.read("exchange/binance", signal))?.get("dsta:rotation:api_key");

describe("a rotation", () => {
	it("does what its settings have something for, in the order of the checklist, and keeps the rest", async () => {
		const backend = new MemoryBackend(SECRETS);
		const { hook, lines } = hooks();
		const job = jobOf(
			{
				generate: { command: hook("generate", "echo made") },
				restart: { command: hook("restart") },
				verify: { command: hook("verify") },
				revoke: { command: hook("revoke") },
			},
			undefined,
			{ record: async () => undefined },
		);
		const rotated = await rotate(await targetAt(backend, PATH), job);
		expect(rotated).toMatchObject({ path: PATH, backend: "memory", oldVersion: "1", newVersion: "2" });
		expect(job.seen).toEqual(
			"generate update restart verify revoke document".split(" ").map((step) => `${step} done`),
		);
		expect(lines()).toEqual([
			`generate ${PATH} 1 `,
			`restart ${PATH} 1 2`,
			`verify ${PATH} 1 2`,
			`revoke ${PATH} 1 2`,
		]);
		expect(
			(
				await backend.read({
					path: { text: "", secret: "exchange/binance", selector: { kind: "all" } },
					names: [],
				})
			)?.value,
		).toEqual({
			api_key: "made",
			api_secret: "kept",
		});
		expect(await noteOf(backend)).toMatch(
			/^step=done id=\w{12} by=here\/\w{8} at=\S+ old=1 new=2 revoked=1$/,
		);
	});

	it("says of a step that has nothing to do what is left to do by hand", async () => {
		const backend = new MemoryBackend(SECRETS);
		const { steps } = await rotate(await targetAt(backend, PATH), jobOf({ generate: "alnum:32" }));
		expect(await valueAt(backend)).toMatch(/^[A-Za-z0-9]{32}$/);
		expect(steps.map(({ outcome, step }) => `${step} ${outcome}`).slice(2)).toEqual(
			"restart verify revoke document".split(" ").map((step) => `${step} skipped`),
		);
	});

	it.each<[string, RotateSettings, string | undefined, string]>([
		["is empty", {}, "", "DSTA_INVALID_VALUE"],
		["is the old one", {}, "old", "DSTA_INVALID_VALUE"],
		["is made by nothing", {}, undefined, "DSTA_CONFIG"],
		[
			"is made by what is not there",
			{ generate: { command: ["no-such-program"] } },
			undefined,
			"DSTA_CONFIG",
		],
		["is made by what fails", { generate: { command: ["false"] } }, undefined, "DSTA_ROTATION"],
	])(
		"writes nothing, and forgets that it began, where the new value %s",
		async (_, settings, value, code) => {
			const backend = new MemoryBackend(SECRETS);
			await expect(rotate(await targetAt(backend, PATH), jobOf(settings, value))).rejects.toMatchObject({
				code,
				path: PATH,
			});
			expect([await valueAt(backend), await noteOf(backend)]).toEqual(["old", undefined]);
		},
	);

	it("lets only one of two at the same moment win, and the other say so", async () => {
		for (let round = 0; round < 10; round++) {
			const backend = new MemoryBackend(SECRETS);
			const values = ["ours", "theirs"];
			const settled = await Promise.allSettled(
				values.map(async (value) => rotate(await targetAt(backend, PATH), jobOf({}, value))),
			);
			const winner = settled.findIndex(({ status }) => status === "fulfilled");
			expect(settled[1 - winner]).toMatchObject({ reason: { code: "DSTA_CONFLICT" } });
			expect(await valueAt(backend)).toBe(values[winner]);
			expect(await noteOf(backend)).toMatch(/^step=done .* old=1 new=2$/);
		}
	});

	it("leaves to its winner what the loser of a race has claimed", async () => {
		const backend = new MemoryBackend(SECRETS);
		const late = await targetAt(backend, PATH);
		let loser: Promise<unknown> = Promise.resolve();
		// The other one claims right after our write, from what it saw before.
		const job = jobOf({ verify: { command: ["true"] } }, "ours", {
			onResult: ({ step }) => {
				if (step === "update")
					loser = expect(rotate(late, jobOf({}, "theirs"))).rejects.toMatchObject({ code: "DSTA_CONFLICT" });
			},
		});
		await rotate(await targetAt(backend, PATH), job);
		await loser;
		expect(await valueAt(backend)).toBe("ours");
		expect(job.seen).toContain("verify done");
	});

	it("is a conflict where the value was changed by hand meanwhile, which stays", async () => {
		const backend = new MemoryBackend(SECRETS);
		const target = await targetAt(backend, PATH);
		backend.set("exchange/binance", { api_key: "by hand", api_secret: "kept" });
		await expect(rotate(target, jobOf({}, "ours"))).rejects.toMatchObject({ code: "DSTA_CONFLICT" });
		expect([await valueAt(backend), await noteOf(backend)]).toEqual(["by hand", undefined]);
	});

	it("loses nothing in thirty of them, one after the other, while others write beside it", async () => {
		const backend = new MemoryBackend(SECRETS);
		for (let count = 1; count <= 30; count++) {
			const other = new Map([[`other${count}`, String(count)]]);
			await Promise.all([
				rotate(await targetAt(backend, PATH), jobOf({}, `value ${count}`)),
				backend.write("exchange/binance", other, { replace: false, signal }),
			]);
			expect(await valueAt(backend)).toBe(`value ${count}`);
		}
		const all = await backend.read({
			path: { text: "", secret: "exchange/binance", selector: { kind: "all" } },
			names: [],
		});
		expect(Object.keys(all?.value as object)).toHaveLength(32);
	});

	it.each(["generate", "update"])(
		"that cannot be recorded after its step %s keeps what is so",
		async (failing) => {
			const backend = new MemoryBackend(SECRETS);
			const full = new DstaError("DSTA_OUTPUT", "no space is left", { cure: "make room" });
			const record = async ({ step }: { step: string }) => {
				if (step === failing) throw full;
			};
			const failed = rotate(await targetAt(backend, PATH), jobOf({}, "new", { record }));
			await expect(failed).rejects.toBe(full);
			const isWritten = failing === "update";
			expect(await valueAt(backend)).toBe(isWritten ? "new" : "old");
			expect(await noteOf(backend)).toEqual(
				isWritten ? expect.stringMatching(/^step=update .* new=2$/) : undefined,
			);
		},
	);

	it("of which it is not known whether it was written is resumed", async () => {
		const memory = new MemoryBackend(SECRETS);
		const { backend } = killable(memory);
		const late = new DstaError("DSTA_TIMEOUT", "no answer in time", { cure: "wait" });
		const write: MemoryBackend["write"] = async (...args) => {
			await memory.write(...args);
			throw late;
		};
		const failed = rotate(await targetAt({ ...backend, write }, PATH), jobOf({}, "new"));
		await expect(failed).rejects.toMatchObject({
			code: "DSTA_TIMEOUT",
			cure: expect.stringContaining("--resume"),
		});
		expect(await resume(await targetAt(memory, PATH), jobOf({}))).toMatchObject({
			oldVersion: "1",
			newVersion: "2",
		});
		expect(await valueAt(memory)).toBe("new");
	});

	it("whose write was made twice, as its first answer was lost, is no conflict with itself", async () => {
		const memory = new MemoryBackend(SECRETS);
		const write: MemoryBackend["write"] = async (...args) => {
			await memory.write(...args);
			return memory.write(...args);
		};
		const target = await targetAt({ ...killable(memory).backend, write }, PATH);
		expect(await rotate(target, jobOf({}, "new"))).toMatchObject({ oldVersion: "1", newVersion: "2" });
		expect(await noteOf(memory)).toMatch(/^step=done .* old=1 new=2$/);
	});

	it("that cannot be read back is resumed, whatever was in the way", async () => {
		const memory = new MemoryBackend(SECRETS);
		const denied = new DstaError("DSTA_DENIED", "no more", { cure: "log in" });
		const { backend } = killable(memory);
		const isWritten = async () => (await valueAt(memory)) === "new";
		const read: MemoryBackend["read"] = async (...args) => {
			if (await isWritten()) throw denied;
			return memory.read(...args);
		};
		const failed = rotate(await targetAt({ ...backend, read }, PATH), jobOf({}, "new"));
		await expect(failed).rejects.toMatchObject({
			code: "DSTA_DENIED",
			cure: expect.stringContaining("--resume"),
		});
		expect(await resume(await targetAt(memory, PATH), jobOf({}))).toMatchObject({ newVersion: "2" });
		expect(await valueAt(memory)).toBe("new");
	});

	it("goes on without a record where none can be kept, and says so", async () => {
		const { annotations: _, ...backend } = killable(new MemoryBackend(SECRETS)).backend;
		const job = jobOf({}, "new");
		expect(await rotate(await targetAt(backend, PATH), job)).toMatchObject({ newVersion: "2" });
		await expect(rollBack(await targetAt(backend, PATH), job)).rejects.toMatchObject({
			code: "DSTA_NOT_FOUND",
		});
	});
});

describe("a rotation that was killed", () => {
	const POINTS = ["generate", "update", "restart", "verify", "revoke", "document"];

	it.each(POINTS)("after its step %s goes on where it was, and does no later step twice", async (point) => {
		const memory = new MemoryBackend(SECRETS);
		const { backend, kill } = killable(memory);
		const { hook, lines } = hooks();
		const settings: RotateSettings = {
			generate: { command: hook("generate", `echo made-$(date +%N)`) },
			restart: { command: hook("restart") },
			verify: { command: hook("verify") },
			revoke: { command: hook("revoke") },
		};
		const record = async () => undefined;
		const onResult = ({ step }: { step: string }) => {
			if (step === point) kill();
		};
		const killed = rotate(await targetAt(backend, PATH), jobOf(settings, undefined, { onResult, record }));
		await expect(killed).rejects.toBeInstanceOf(Killed);
		const written = await valueAt(memory);
		const job = jobOf(settings, undefined, { record });
		expect(await resume(await targetAt(memory, PATH), job)).toMatchObject({
			oldVersion: "1",
			newVersion: "2",
		});
		expect(await noteOf(memory)).toMatch(/^step=done .* old=1 new=2 revoked=1$/);
		if (written !== "old") expect(await valueAt(memory)).toBe(written);
		// A step that was just done when it was killed is done again where nobody had noted it; a revocation is noted at once.
		const counts = POINTS.map((step) => lines().filter((line) => line.startsWith(step)).length);
		expect(counts.slice(0, 5)).toEqual(
			POINTS.slice(0, 5).map((step) => (step === "update" ? 0 : step === point && step !== "revoke" ? 2 : 1)),
		);
	});

	it("between its write and its record is known by its value, and is not written again", async () => {
		const memory = new MemoryBackend(SECRETS);
		const { backend, kill } = killable(memory);
		const dying = {
			...backend,
			write: async (...args: Parameters<MemoryBackend["write"]>) => {
				const written = await memory.write(...args);
				kill();
				return written;
			},
		};
		await expect(rotate(await targetAt(dying, PATH), jobOf({}, "new"))).rejects.toBeInstanceOf(Killed);
		// Somebody else changes another field before it is resumed.
		await memory.write("exchange/binance", new Map([["api_secret", "changed"]]), { replace: false, signal });
		const job = jobOf({ verify: { command: ["true"] } });
		expect(await resume(await targetAt(memory, PATH), job)).toMatchObject({
			oldVersion: "1",
			newVersion: "3",
		});
		expect([await valueAt(memory), job.seen[0]]).toEqual(["new", "restart skipped"]);
	});

	it("before its write goes on from what somebody else has written since", async () => {
		const memory = new MemoryBackend(SECRETS);
		const { backend, kill } = killable(memory);
		const giveValue = async () => {
			kill();
			return "new";
		};
		const killed = rotate(await targetAt(backend, PATH), jobOf({}, undefined, { giveValue }));
		await expect(killed).rejects.toBeInstanceOf(Killed);
		await memory.write("exchange/binance", new Map([["api_key", "by hand"]]), { replace: false, signal });
		expect(await resume(await targetAt(memory, PATH), jobOf({}, "new"))).toMatchObject({
			oldVersion: "2",
			newVersion: "3",
		});
		await rollBack(await targetAt(memory, PATH), jobOf({}));
		expect(await valueAt(memory)).toBe("by hand");
	});

	it("and was taken over leaves it to whoever did that", async () => {
		const backend = new MemoryBackend(SECRETS);
		let next: Promise<unknown> = Promise.resolve();
		const onResult = ({ step }: { step: string }) => {
			if (step === "restart")
				next = targetAt(backend, PATH).then((target) => resume(target, jobOf(settings)));
		};
		const { hook, lines } = hooks();
		const settings: RotateSettings = {
			restart: { command: ["true"] },
			verify: { command: hook("verify", "sleep 0.2") },
			revoke: { command: hook("revoke") },
		};
		const first = rotate(await targetAt(backend, PATH), jobOf(settings, "new", { onResult }));
		await expect(first).rejects.toMatchObject({ code: "DSTA_CONFLICT" });
		await next;
		expect(lines().filter((line) => line.startsWith("revoke"))).toHaveLength(1);
		expect(await noteOf(backend)).toMatch(/^step=done /);
	});
});

describe("a step that fails", () => {
	it.each(["restart", "verify", "revoke"] as const)(
		"%s: keeps the new value, and can be resumed or rolled back",
		async (step) => {
			const backend = new MemoryBackend(SECRETS);
			const settings = { [step]: { command: ["sh", "-c", "exit 3"] } } as RotateSettings;
			const failed = rotate(await targetAt(backend, PATH), jobOf(settings, "new"));
			await expect(failed).rejects.toMatchObject({
				code: "DSTA_ROTATION",
				message: `${PATH}: ${step}: sh ended with status 3`,
				cure: expect.stringMatching(/version 2\. To go on: dsta-run rotate --resume .*\n.*--rollback /),
			});
			await expect(rotate(await targetAt(backend, PATH), jobOf({}, "other"))).rejects.toMatchObject({
				code: "DSTA_CONFLICT",
				message: `${PATH} has an unfinished rotation, by here, which stopped before the end of its step ${step}`,
			});
			await rollBack(await targetAt(backend, PATH), jobOf({}));
			expect([await valueAt(backend), await noteOf(backend)]).toEqual([
				"old",
				expect.stringMatching(/^step=seen /),
			]);
		},
	);
});

describe("the old value", () => {
	const HOUR: RotateSettings = { revoke: { command: ["true"], afterMs: 3_600_000 } };

	it("is revoked later after a long grace, or at once where that is asked for", async () => {
		const backend = new MemoryBackend(SECRETS);
		const { revokeAt } = await rotate(await targetAt(backend, PATH), jobOf(HOUR, "new"));
		expect(revokeAt?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
		const early = jobOf(HOUR);
		expect((await resume(await targetAt(backend, PATH), early)).steps).toMatchObject([{ outcome: "later" }]);
		await resume(await targetAt(backend, PATH), { ...early, revokesNow: true });
		expect(early.seen).toEqual(["revoke done", "document skipped"]);
		expect(await noteOf(backend)).toMatch(/ revoked=1$/);
	});

	it("is not put back where it was revoked, unless it is good again", async () => {
		const backend = new MemoryBackend(SECRETS);
		await rotate(await targetAt(backend, PATH), jobOf({ revoke: { command: ["true"] } }, "new"));
		await expect(rollBack(await targetAt(backend, PATH), jobOf({}))).rejects.toMatchObject({
			code: "DSTA_CONFLICT",
		});
		await rollBack(await targetAt(backend, PATH), jobOf({}, undefined, { revokesNow: true }));
		expect(await valueAt(backend)).toBe("old");
	});

	it("is put back after a rotation that ended well, with what was changed beside it since", async () => {
		const backend = new MemoryBackend(SECRETS);
		await rotate(await targetAt(backend, PATH), jobOf({}, "new"));
		await backend.write("exchange/binance", new Map([["api_secret", "changed"]]), { replace: false, signal });
		const { hook, lines } = hooks();
		await rollBack(await targetAt(backend, PATH), jobOf({ restart: { command: hook("restart") } }));
		const all = await backend.read({
			path: { text: "", secret: "exchange/binance", selector: { kind: "all" } },
			names: [],
		});
		expect(all).toMatchObject({ version: "4", value: { api_key: "old", api_secret: "changed" } });
		expect(lines()).toEqual([`restart ${PATH} 1 4`]);
		await expect(rollBack(await targetAt(backend, PATH), jobOf({}))).rejects.toMatchObject({
			code: "DSTA_NOT_FOUND",
		});
	});

	it("is not revoked by a rotation that somebody takes back while it is under way", async () => {
		const backend = new MemoryBackend(SECRETS);
		const { hook, lines } = hooks();
		const settings = { verify: { command: hook("verify") }, revoke: { command: hook("revoke") } };
		let back: Promise<unknown> = Promise.resolve();
		const onProgress = (step: string) => {
			if (step === "verify") back = targetAt(backend, PATH).then((target) => rollBack(target, jobOf({})));
		};
		const record = async () => void (await back);
		const taken = rotate(await targetAt(backend, PATH), jobOf(settings, "new", { onProgress, record }));
		await expect(taken).rejects.toMatchObject({ code: "DSTA_CONFLICT" });
		expect([await valueAt(backend), lines().map((line) => line.split(" ")[0])]).toEqual(["old", ["verify"]]);
	});

	it("stands in nobody's way where it is gone before it was put back", async () => {
		const backend = new MemoryBackend(SECRETS);
		const stopped = "step=rollback id=a by=b/1 at=2026-01-01T00:00:00Z old=99 new=1";
		await backend.annotations.write(
			"exchange/binance",
			new Map([["dsta:rotation:api_key", stopped]]),
			signal,
		);
		await expect(resume(await targetAt(backend, PATH), jobOf({}))).rejects.toMatchObject({
			code: "DSTA_NOT_FOUND",
			cure: expect.stringContaining(`dsta-run rotate ${PATH}`),
		});
		expect(await rotate(await targetAt(backend, PATH), jobOf({}, "new"))).toMatchObject({ oldVersion: "1" });
	});

	it("is none where a rotation has made the field", async () => {
		const backend = new MemoryBackend({ "exchange/binance": { api_secret: "kept" } });
		await rotate(await targetAt(backend, PATH), jobOf({}, "new"));
		await expect(rollBack(await targetAt(backend, PATH), jobOf({}))).rejects.toMatchObject({
			code: "DSTA_NOT_FOUND",
		});
	});

	it("is put back by a rollback that goes on after its restart has failed, and is never revoked then", async () => {
		const backend = new MemoryBackend(SECRETS);
		const settings: RotateSettings = { restart: { command: ["false"] }, revoke: { command: ["false"] } };
		await rotate(await targetAt(backend, PATH), jobOf({}, "new"));
		const failed = rollBack(await targetAt(backend, PATH), jobOf(settings));
		await expect(failed).rejects.toMatchObject({
			code: "DSTA_ROTATION",
			cure: expect.stringContaining("To go on: dsta-run rotate --rollback"),
		});
		await resume(await targetAt(backend, PATH), jobOf({ revoke: { command: ["false"] } }));
		expect([await valueAt(backend), await noteOf(backend)]).toEqual([
			"old",
			expect.stringMatching(/^step=seen /),
		]);
	});
});

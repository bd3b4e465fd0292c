import { readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Answer } from "../../../src/resolve/chain.ts";
import {
	absent,
	backendAt,
	failed,
	found,
	keep,
	open,
	type Place,
	placeWith,
	recall,
	SENTINEL,
} from "./opened.ts";

const HOUR_MS = 3_600_000;
const NOON = Date.parse("2026-01-01T12:00:00Z");
const at = (ms: number) => ({ now: () => ms });

const reasonOf = ({ attempt }: Answer) => attempt.snapshot?.reason;

describe("the snapshot", () => {
	it("stands in for an unavailable backend with what that one answered last, and says how old it is", async () => {
		const place = placeWith();
		await keep(place, [found({ user: "u", password: SENTINEL })], at(NOON));
		expect(await recall(place, failed(), at(NOON + 90_000))).toEqual({
			request: expect.anything(),
			found: { value: { user: "u", password: SENTINEL }, location: "secret/data/app/db", version: "3" },
			attempt: {
				backend: "vault",
				outcome: "found",
				detail: "secret/data/app/db",
				version: "3",
				durationMs: 1,
				error: expect.objectContaining({ code: "DSTA_UNAVAILABLE" }),
				snapshot: { ageMs: 90_000 },
			},
		});
	});

	it("remembers as well that a backend had nothing", async () => {
		const place = placeWith();
		await keep(place, [absent()]);
		const { attempt, found: value } = await recall(place);
		expect(value).toBeUndefined();
		expect(attempt).toMatchObject({
			outcome: "absent",
			detail: "secret/data/app/db",
			advice: "put it there",
		});
	});

	it.each([
		["text", "a\u0000b\u2028\ud83d\ude00"],
		["a number that no double holds", JSON.parse("[123456789012345678901234567890]", keepText)[0]],
		["odd keys", JSON.parse('{"__proto__": {"a": null}, "": [true, {}]}')],
		["500 levels", JSON.parse("[".repeat(499) + "]".repeat(499))],
	])("gives a value back as it was: %s", async (_what, value) => {
		const place = placeWith();
		await keep(place, [found(value)]);
		const recalled = await recall(place);
		expect(JSON.stringify(recalled.found?.value)).toBe(JSON.stringify(value));
	});

	it("lies in a file for this user alone, in a folder that is made for him, and shows nothing in it", async () => {
		const { folder, settings } = placeWith();
		const file = `${folder}/state/app.snapshot`;
		await keep({ folder, file, settings: { ...settings, file } });
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(statSync(`${folder}/state`).mode & 0o777).toBe(0o700);
		for (const shown of [SENTINEL, "app/db", "vault.example.com", "password"])
			expect(readFileSync(file, "latin1")).not.toContain(shown);
	});

	it("is never sealed twice with the same nonce", async () => {
		const place = placeWith();
		const nonces = new Set<string>();
		for (let count = 0; count < 20; count++) {
			await keep(place, [found()], at(NOON));
			nonces.add(readFileSync(place.file, "latin1").slice(0, 32));
		}
		expect(nonces.size).toBe(20);
	});

	it.each<[what: string, Answer, number, RegExp | undefined]>([
		["as old as it may be", failed(), NOON + HOUR_MS, undefined],
		[
			"older",
			failed(),
			NOON + HOUR_MS + 1,
			/is not used: its answer is 1 h old, and snapshot.max_age is 1 h$/,
		],
		["two days old", failed(), NOON + 48 * HOUR_MS, /its answer is 2 d old/],
		["from a clock that is a little ahead", failed(), NOON - 5 * 60_000, undefined],
		["from the future", failed(), NOON - 5 * 60_000 - 1, /by the clock its answer is from the future/],
		[
			"of another path",
			failed("DSTA_UNAVAILABLE", { text: "app/db/user" }),
			NOON,
			/no answer to this question/,
		],
		["of another version", failed("DSTA_UNAVAILABLE", { version: 2 }), NOON, /no answer to this question/],
		["of other settings", failed("DSTA_UNAVAILABLE", { overrides: { kv: 1 } }), NOON, /no answer to this/],
		["of a backend that did not answer in time", failed("DSTA_TIMEOUT"), NOON, undefined],
	])("knows what may stand in: an answer %s", async (_what, answer, now, reason) => {
		const place = placeWith();
		await keep(place, [found()], at(NOON));
		const recalled = await recall(place, answer, at(now));
		if (reason === undefined) expect(recalled.found?.value).toBe(SENTINEL);
		else expect(recalled).toEqual({ ...answer, attempt: { ...answer.attempt, snapshot: expect.anything() } });
		if (reason !== undefined) expect(reasonOf(recalled)).toMatch(reason);
	});

	it("is not used for another server, another backend, and nobody whose answers are not kept", async () => {
		const place = placeWith();
		await keep(place, [found()]);
		for (const backend of [backendAt("https://staging.example.com"), backendAt(undefined, "aws")])
			expect(reasonOf(await recall(place, failed(), { backend }))).toMatch(/no answer to this question/);
		const { identity: _, ...env } = backendAt();
		expect(await recall(place, failed(), { backend: env })).toEqual(failed());
	});

	it.each(["DSTA_CONFIG", "DSTA_INVALID_VALUE"] as const)(
		"is not used for a failure of class %s",
		async (code) => {
			const place = placeWith();
			await keep(place);
			expect(await recall(place, failed(code))).toEqual(failed(code));
		},
	);

	it("keeps no answer that is for one run, and none of a backend that keeps none", async () => {
		const place = placeWith();
		const raw = { overrides: { engine: "raw" } };
		const snapshot = await keep(place, [found(SENTINEL, raw)]);
		const { identity: _, ...env } = backendAt();
		await keep(place, [found()], { backend: env });
		expect(() => statSync(place.file)).toThrow("ENOENT");
		expect(snapshot.warnings).toEqual([]);
		expect((await recall(place, failed("DSTA_UNAVAILABLE", raw))).attempt.outcome).toBe("failed");
	});

	it("stands in for nobody under --strict, and is written", async () => {
		const place = placeWith();
		await keep(place, [found()], { strict: true });
		expect(await recall(place, failed(), { strict: true })).toEqual(failed());
		expect((await recall(place)).found?.value).toBe(SENTINEL);
	});

	it("keeps an answer that it gave with the time when that was read, beside what was read later", async () => {
		const place = placeWith();
		await keep(place, [found("old"), found("dropped", { text: "app/gone" })], at(NOON));
		const other = { text: "app/other" };
		await keep(place, [failed(), found("new", other)], at(NOON + 1000));
		const recallAt = (answer: Answer) => recall(place, answer, at(NOON + 3000));
		const of = (text: string) => failed("DSTA_UNAVAILABLE", { text });
		expect((await recallAt(failed())).attempt.snapshot).toEqual({ ageMs: 3000 });
		expect((await recallAt(of("app/other"))).attempt.snapshot).toEqual({ ageMs: 2000 });
		expect(reasonOf(await recallAt(of("app/gone")))).toMatch(/no answer to this question/);
	});

	it("is left as it is by a run that read nothing itself", async () => {
		const place = placeWith();
		await keep(place, [found()], at(NOON));
		const before = readFileSync(place.file);
		await keep(place, [failed()], at(NOON + 1000));
		expect(readFileSync(place.file)).toEqual(before);
	});

	it("is deleted when anything is denied, gives nothing any more, and is not written again by that run", async () => {
		const place = placeWith();
		await keep(place);
		const snapshot = await open(place);
		const denied = failed("DSTA_DENIED", { text: "app/other" });
		const answers = [failed(), found("x", { text: "app/fine" }), denied];
		expect(await snapshot.review(backendAt(), answers)).toEqual(answers);
		expect(await snapshot.review(backendAt(undefined, "aws"), [failed()])).toEqual([failed()]);
		await snapshot.save();
		expect(() => statSync(place.file)).toThrow("ENOENT");
		expect(snapshot.warnings).toEqual([`the snapshot ${place.file} is deleted, since vault denied access`]);
	});

	it("is whole whoever writes it last", async () => {
		const place = placeWith();
		const value = "x".repeat(100_000);
		const keepOne = (name: number) => keep(place, [found(`${name}${value}`)]);
		const readAll = async (place: Place) => {
			for (let count = 0; count < 20; count++) expect((await recall(place)).found?.value).toMatch(/^\dx+$/);
		};
		await keepOne(0);
		await Promise.all([...[1, 2, 3, 4].map(keepOne), readAll(place)]);
		await readAll(place);
	});
});

/** As secrets are read: a number keeps its text. */
function keepText(_key: string, value: unknown, { source }: { readonly source?: string } = {}): unknown {
	const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
	return typeof value === "number" && source !== undefined ? rawJSON(source) : value;
}

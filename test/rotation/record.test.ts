import { describe, expect, it } from "vitest";
import { parseGenerator } from "../../src/map/generator.ts";
import { generateBy, generateValue } from "../../src/rotation/generate.ts";
import { noteName } from "../../src/rotation/note.ts";
import { formatRecord, parseRecord, type RotationRecord } from "../../src/rotation/record.ts";
import { formatEvery, parseSchedule } from "../../src/rotation/schedule.ts";

/** What annotations may hold at every backend. */
const ANNOTATION = /^[\w .:/=+@-]+$/;

const RECORD: RotationRecord = {
	id: "0123456789ab",
	step: "generate",
	by: "eleven-chars/01234567",
	at: new Date("2026-03-04T05:06:07Z"),
	until: new Date("2026-03-04T05:08:07Z"),
	oldVersion: "1",
	newVersion: undefined,
	isRevoked: false,
};

describe("the record of a rotation", () => {
	it.each<[string, RotationRecord]>([
		["at its beginning", RECORD],
		["while it is revoked", { ...RECORD, step: "revoke", newVersion: "2", isRevoked: true }],
		["in its grace", { ...RECORD, step: "grace", newVersion: "2" }],
		["at its end", { ...RECORD, step: "done", newVersion: "2", until: RECORD.at }],
		[
			"with the longest versions",
			{
				...RECORD,
				step: "rollback",
				oldVersion: "a".repeat(64),
				newVersion: "b".repeat(64),
				isRevoked: true,
			},
		],
	])("%s is read as it was written, and fits into an annotation", (_, record) => {
		const text = formatRecord(record);
		expect(text).toMatch(ANNOTATION);
		expect(text.length).toBeLessThanOrEqual(256);
		expect(parseRecord(text)).toEqual(record);
	});

	it.each([
		"",
		"something else",
		"step=no-step id=a by=b at=2026-01-01",
		"step=done id=a by=b at=never",
		"step=done id=ü by=b at=2026-01-01T00:00:00Z",
		"step=done id=a by=b at=2026-01-01T00:00:00Z old=../1?a=b",
		"step=done id=a by=b at=+275760-09-12T00:00:00Z",
	])("is none where it is %j", (text) => expect(parseRecord(text)).toBeUndefined());

	it("lies under a name that each field has for itself, whatever its name is", () => {
		const fields = [
			"api_key",
			"api-key",
			"a b",
			"a=20b",
			"ключ",
			"a/b",
			"ap+i",
			`${"x".repeat(300)}1`,
			`${"x".repeat(300)}2`,
		];
		const names = fields.map((field) => noteName("rotation", field));
		expect(new Set(names).size).toBe(fields.length);
		for (const name of names) {
			expect(name).toMatch(ANNOTATION);
			expect(name.length).toBeLessThanOrEqual(128);
		}
		expect(names[0]).toBe("dsta:rotation:api_key");
	});
});

describe("a schedule", () => {
	it.each([
		["90d", 90 * 86_400_000],
		["12h", 43_200_000],
		["90m", 5_400_000],
		["1500ms", 1500],
	])("of %s is written and read", (text, everyMs) => {
		expect(formatEvery(everyMs)).toBe(text);
		expect(parseSchedule(`every=${text} since=2026-01-01T00:00:00Z`)?.everyMs).toBe(everyMs);
	});

	it.each(["", "every=90d", "every=0s since=2026-01-01T00:00:00Z", "every=9999d since=2026-01-01T00:00:00Z"])(
		"is none where it is %j",
		(text) => expect(parseSchedule(text)).toBeUndefined(),
	);
});

describe("a generator", () => {
	it.each([
		["alnum:32", /^[A-Za-z0-9]{32}$/],
		["ascii:40", /^[!-~]{40}$/],
		["hex:16", /^[0-9a-f]{32}$/],
		["base64:32", /^[A-Za-z0-9+/]{43}=$/],
		["base64url:32", /^[\w-]{43}$/],
		["uuid", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
	])("%s makes what it says, another one each time", (text, pattern) => {
		const values = Array.from({ length: 20 }, () => generateBy(text));
		for (const value of values) expect(value).toMatch(pattern);
		expect(new Set(values).size).toBe(20);
	});

	it.each([
		["alnum:4096", 62],
		["ascii:4096", 94],
	])("%s prefers no character", (text, count) => {
		const generator = parseGenerator(text);
		if (generator === undefined) throw new Error("no generator");
		const all = Array.from({ length: 20 }, () => generateValue(generator)).join("");
		const counts = [...Map.groupBy(all, (char) => char).values()].map(({ length }) => length);
		expect(counts).toHaveLength(count);
		// Chi-squared: over this less than once in ten million runs.
		const expected = all.length / count;
		const deviation = counts.reduce((sum, one) => sum + (one - expected) ** 2 / expected, 0);
		expect(deviation).toBeLessThan(count + 5.2 * Math.sqrt(2 * count) + 20);
	});
});

import { describe, expect, it } from "vitest";
import { parseDuration } from "../../src/map/duration.ts";

describe("a duration", () => {
	it.each([
		["500ms", 500],
		["30s", 30_000],
		["5m", 300_000],
		["2h", 7_200_000],
		["1d", 86_400_000],
		["45", 45_000],
		[45, 45_000],
		["1.5s", 1_500],
		[" 2s ", 2_000],
		["0", 0],
		["24d", 2_073_600_000],
	])("%j is %j ms", (text, durationMs) => {
		expect(parseDuration(text)).toBe(durationMs);
	});

	it.each([
		"",
		" ",
		"s",
		"-1s",
		"1 s",
		"1w",
		"1m30s",
		"1e3",
		"0x10",
		"5S",
		"Infinity",
		"NaN",
		"25d",
		"9".repeat(400),
		-1,
		Number.NaN,
		Number.POSITIVE_INFINITY,
		"1s\n1s",
		"١s",
	])("%j is none", (text) => {
		expect(parseDuration(text)).toBeUndefined();
	});
});

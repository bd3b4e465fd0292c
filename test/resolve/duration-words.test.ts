import { expect, it } from "vitest";
import { durationWords } from "../../src/resolve/duration-words.ts";

it.each([
	[0, "0 s"],
	[1_999, "1 s"],
	[59_999, "59 s"],
	[90_000, "1.5 min"],
	[3_599_999, "59 min"],
	[3_600_000, "1 h"],
	[36_000_000, "10 h"],
	[86_400_000, "1 d"],
	[200_000_000, "2.3 d"],
])("%i ms are %s", (ms, words) => {
	expect(durationWords(ms)).toBe(words);
});

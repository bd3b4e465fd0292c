import { describe, expect, it } from "vitest";
import { suggest, suggestion } from "../../src/map/suggest.ts";

const KNOWN = ["env", "default", "optional", "vault", "port", "type"];

describe("a suggestion", () => {
	it.each([
		["defualt", "default"],
		["optinal", "optional"],
		["valt", "vault"],
		["prot", "port"],
		["Type", "type"],
		["envs", "env"],
	])("for %s is %s", (word, meant) => {
		expect(suggest(word, KNOWN)).toBe(meant);
	});

	it.each(["", "a", "password", "x".repeat(100_000), "__proto__"])("is not made for %.20j", (word) => {
		expect(suggest(word, KNOWN)).toBeUndefined();
	});

	it("lists the words when none is near", () => {
		expect(suggestion("banana", ["next", "stop"])).toBe("; write one of next, stop");
	});
});

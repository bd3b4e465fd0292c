import { describe, expect, it } from "vitest";
import { DstaError } from "../../src/errors.ts";
import { parseSecretPath } from "../../src/secret-path.ts";
import { keepAbsent } from "../../src/watch/absent.ts";
import { compare, identityOf, newFailures } from "../../src/watch/compare.ts";
import type { Attempted, Line } from "../../src/watch/line.ts";
import { createPrint } from "../../src/watch/print.ts";

const print = createPrint();

const DOWN = new DstaError("DSTA_UNAVAILABLE", "Vault not available", { cure: "", backend: "vault" });

const OUTCOMES = { "+": "found", "-": "absent", "!": "failed" } as const;

/** What backends said in the order of asking: `+` it was found, `-` it was not there, `!` there was no answer. */
function attemptsOf(words: string): readonly Attempted[] {
	return words.split(" ").map((word) => {
		const outcome = OUTCOMES[word.charAt(0) as keyof typeof OUTCOMES];
		return { backend: word.slice(1), outcome, ...(outcome === "failed" ? { error: DOWN } : {}) };
	});
}

function line(path: string, words: string, values: Record<string, string>, origin?: string): Line {
	const attempts = attemptsOf(words);
	return {
		entry: {
			path: parseSecretPath(path),
			names: path.endsWith("*") ? ["A_*"] : Object.keys(values).slice(0, 1),
		},
		attempts,
		origin: origin ?? attempts.find(({ outcome }) => outcome === "found")?.backend,
		values: new Map(Object.entries(values)),
		...(path.endsWith("*")
			? { fields: new Map(Object.keys(values).map((name) => [name, name.slice(2).toLowerCase()])) }
			: {}),
	};
}

/** The same entry with another answer. */
function later(before: Line, words: string, values: Record<string, string>, origin?: string): Line {
	return { ...line(before.entry.path.text, words, values, origin), entry: before.entry };
}

describe("the hash of a value", () => {
	it("is equal for equal values alone, and of no use under another key", () => {
		expect(print("a")).toBe(print("a"));
		expect(print("a")).not.toBe(print("b"));
		expect(createPrint()("a")).not.toBe(print("a"));
	});

	it("tells bytes apart that are no text", () => {
		expect(print("\udc80")).not.toBe(print("\udc81"));
	});
});

describe("a comparison", () => {
	const one = line("a/b/c", "+vault", { C: "1" });
	const other = line("a/b/d", "+vault", { D: "1" });
	const template = (value: string, sources: readonly Line[]) => ({
		values: new Map([["T", value]]),
		sources,
	});

	it.each<[what: string, now: readonly Line[], names: readonly string[]]>([
		["nothing where all values are the same", [one, later(other, "+vault", { D: "1" })], []],
		["nothing where another backend has the same value", [one, later(other, "-vault +env", { D: "1" })], []],
		["the variable of another value", [one, later(other, "+vault", { D: "2" })], ["D"]],
		["a variable that has no value any more", [one, later(other, "-vault", {})], ["D"]],
		["an empty value", [one, later(other, "+vault", { D: "" })], ["D"]],
		["a new variable", [one, other, line("a/b/e", "+vault", { E: "1" })], ["E"]],
	])("finds %s", (_what, now, names) => {
		const difference = compare([one, other], now, print);
		expect(difference.names).toEqual(names);
		expect(difference.lines.map((pair) => pair.now.entry.path.text)).toEqual(
			names.map((name) => `a/b/${name.toLowerCase()}`),
		);
	});

	it("finds the source of a template", () => {
		const changed = later(one, "+vault", { C: "2" });
		const { lines, names } = compare([template("x1", [one])], [template("x2", [changed])], print);
		expect({ names, lines }).toEqual({ names: ["T"], lines: [{ before: one, now: changed }] });
	});

	it("finds a variable that another map has no more", () => {
		expect(compare([one, other], [one], print)).toEqual({ names: ["D"], lines: [] });
	});

	it("knows values again in whichever order", () => {
		expect(identityOf([one, other], print)).toBe(identityOf([other, one], print));
		expect(identityOf([one, other], print)).not.toBe(identityOf([one], print));
	});
});

describe("a backend that gives no answer", () => {
	const from = (words: string) => line("a/b/c", words, { C: "1" });

	it.each<[before: string, now: string, isNew: boolean]>([
		["+vault", "!vault +env", true],
		["-vault +env", "!vault +env", true],
		["+vault", "-vault !aws +env", true],
		["!vault +env", "!vault +env", false],
		["!vault +env", "+vault", false],
		["+vault", "+vault", false],
	])("was %s and is %s: is news: %s", (before, now, isNew) => {
		const failures = newFailures([from(before)], [{ ...from(now), entry: from(before).entry }]);
		expect(failures).toEqual(isNew ? [DOWN] : []);
	});

	it("is none to an entry of a new map", () => {
		expect(newFailures([], [from("!vault +env")])).toEqual([]);
	});
});

describe("what a backend has no more", () => {
	it.each<[what: string, before: string, now: string, origin: string | undefined, kept: boolean]>([
		["and nobody else", "+vault", "-vault -env", undefined, true],
		["and the next one has", "+vault", "-vault +env", undefined, true],
		["and a default stands for", "+vault", "-vault -env", "default", true],
		["where it was never there", "-vault +env", "-vault +env", undefined, false],
		["while another gives no answer", "-vault +env", "!vault -env", undefined, true],
		["which is unknown, since it gives no answer", "+vault", "!vault +env", undefined, false],
		["of which a default stood for it", "-vault", "+vault", undefined, false],
	])("keeps its value: %s (%s, then %s)", (_what, before, now, origin, isKept) => {
		const first = line("a/b/c", before, { C: "1" }, before === "-vault" ? "default" : undefined);
		const second = later(first, now, { C: "2" }, origin);
		const { gone, lines } = keepAbsent([first], [second]);
		expect(lines[0]?.values.get("C")).toBe(isKept ? "1" : "2");
		expect(gone.map(({ path }) => path)).toEqual(isKept ? ["a/b/c"] : []);
		expect(lines[0]?.kept?.attempts).toEqual(isKept ? second.attempts : undefined);
	});

	it("keeps the keys of a wildcard that it has no more, beside new values of the others", () => {
		const before = line("a/b/*", "+vault", { A_X: "1", A_Y: "1" });
		const { gone, lines } = keepAbsent([before], [later(before, "+vault", { A_X: "2" })]);
		expect(Object.fromEntries(lines[0]?.values ?? [])).toEqual({ A_X: "2", A_Y: "1" });
		expect(gone).toEqual([{ path: "a/b#y", backend: "vault" }]);
	});

	it("leaves the key of a wildcard to the entry that has its variable by now", () => {
		const before = line("a/b/*", "+vault", { A_X: "1", A_Y: "1" });
		const other = line("a/c", "+vault", { A_Y: "3" });
		const { gone, lines } = keepAbsent([before], [later(before, "+vault", { A_X: "1" }), other]);
		expect({ gone, size: lines[0]?.values.size }).toEqual({ gone: [], size: 1 });
	});
});

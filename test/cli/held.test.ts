import { describe, expect, it } from "vitest";
import { createHeld } from "../../src/cli/watch/held.ts";
import type { Running } from "../../src/cli/watch/running.ts";

type Outcomes = Running["outcomes"];

/** What is resolved of `PATH: NAME=VALUE`, each in a version. */
function resolved(...lines: readonly string[]): Outcomes {
	return lines.map((line) => {
		const [, text, name, value] = /^(.*): (.*)=(.*)$/.exec(line) as unknown as string[];
		return { names: [name], values: new Map([[name, value]]), entry: { path: { text } } };
	}) as unknown as Outcomes;
}

const shown = (outcomes: Outcomes) =>
	outcomes.flatMap(({ values }) => [...values].map(([name, value]) => `${name}=${value}`));

describe("what a command has that is not started anew", () => {
	const first = resolved("a/b: B=1", "a/c: C=1");
	const second = resolved("a/b: B=2", "a/c: C=2");

	it("is the old value of a variable, and the new one of a file", () => {
		const held = createHeld(first);
		held.change(["B", "C"], ["B"]);
		expect(shown(held.of(second))).toEqual(["B=1", "C=2"]);
	});

	it("stays so while other secrets change", () => {
		const held = createHeld(first);
		held.change(["B", "C"], ["B"]);
		held.of(second);
		held.change(["C"], []);
		expect(shown(held.of(resolved("a/b: B=2", "a/c: C=3")))).toEqual(["B=1", "C=3"]);
	});

	it("is not what a new line of the map gives", () => {
		const held = createHeld(resolved("a/c: C=1"));
		held.change(["B", "C"], ["B"]);
		expect(shown(held.of(second))).toEqual(["C=2"]);
	});

	it("is all of it once it is started with it", () => {
		const held = createHeld(first);
		held.change(["B"], ["B"]);
		held.startWith(second);
		expect(shown(held.of(second))).toEqual(["B=2", "C=2"]);
	});
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { YamlNode } from "../../src/map/node.ts";
import { readPlainYaml } from "../../src/map/plain-yaml.ts";
import { createProblems } from "../../src/map/problems.ts";
import { readYaml } from "../../src/map/yaml.ts";

/** What the YAML parser makes of a text; `undefined` where it finds anything wrong. */
function parse(text: string): YamlNode | undefined {
	const problems = createProblems("m.yaml", text);
	const root = readYaml(text, problems);
	return problems.count === 0 ? root : undefined;
}

/** A generator of whole numbers from 0 up to a limit: the same ones for the same seed. */
function randomly(seed: number): (limit: number) => number {
	let state = seed;
	return (limit) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * limit);
	};
}

const ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a/b+c=d.e@f!g-AbCdEf";
const KEYS = [
	ARN,
	`${ARN}#c`,
	"a:b",
	"a::b",
	"a",
	"a/b",
	"a/b#c",
	"a/b#/x/y",
	"a/*",
	'"*"',
	'"a b"',
	"_",
	"1",
	"/a",
	"null",
	"x-y",
	"a.b",
];
const VALUES = [
	...[
		"A",
		"true",
		"~",
		"30s",
		"http://h:8200",
		"dsta/",
		"1.10",
		"0x1F",
		"a,b",
		"a#b",
		"a:b",
		"A_*",
		"e@x=%+^~",
		"a://${b|url}:${c#d}@$$",
	],
	...[
		'"5432"',
		'""',
		"'a b'",
		"'it''s'",
		'"\\n"',
		'"a: b # c"',
		"[A, B]",
		"[]",
		"[ A ,B ]",
		'["*", [a]]',
		"{}",
	],
	...["{ env: A }", '{ env: [A, B], default: "x, y" }', "{ type: port, on: { denied: next } }", "{a: b}"],
];
const ODD = [
	...[
		"- A",
		"[A",
		"A]",
		"{a:b}",
		"{ a }",
		"[a,]",
		"A B",
		"A: B",
		"A:",
		"|",
		">",
		"&a A",
		"*a",
		"!t A",
		"? a",
		"---",
	],
	...[
		"%A",
		"@A",
		"`A",
		"...",
		"A\t",
		"#",
		"'a",
		'"a',
		"\u00e9",
		"-",
		"a :",
		"{a: }",
		"[a: b]",
		"[,]",
		"A\r",
		"''''",
	],
	...[
		"{a: b} c",
		'"a"b',
		'"a" "b"',
		"[a]b",
		"<<",
		"=",
		"{ , }",
		'{ "a":b }',
		"{a: b, a: c}",
		"http:// x",
		"a:#b",
	],
];
const ENDS = ["", "", "", " ", " # why", "  #", "#", "\t# x"];
const INDENTS = ["", "", "", "  ", "  ", "    ", " "];

/** A text that looks like a map, with something odd in it now and then. */
function inventText(random: (limit: number) => number): string {
	const pick = (list: readonly string[]) => list[random(list.length)] as string;
	const line = () => {
		const oddity = random(40);
		if (oddity === 0) return pick(ODD);
		if (oddity === 1) return `${pick(INDENTS)}${pick(ODD)}: ${pick(VALUES)}`;
		if (oddity === 2) return `${pick(INDENTS)}${pick(KEYS)}: ${pick(ODD)}${pick(ENDS)}`;
		if (oddity < 7) return pick(["", "# why", "  # why", "   "]);
		const value = random(6) === 0 ? "" : ` ${pick(VALUES)}`;
		return `${random(5) === 0 ? pick(INDENTS) : value === "" ? "" : pick(INDENTS.slice(0, 5))}${pick(KEYS)}:${value}${pick(ENDS)}`;
	};
	return Array.from({ length: 1 + random(7) }, line).join("\n") + pick(["", "\n"]);
}

describe("the YAML that is read without the parser", () => {
	it("is read as the parser reads it, offsets included, or left to it", () => {
		const random = randomly(1);
		let read = 0;
		for (let round = 0; round < 10_000; round++) {
			const text = inventText(random);
			const root = readPlainYaml(text);
			if (root === undefined) continue;
			read++;
			expect({ text, root: parse(text) }).toEqual({ text, root });
		}
		expect(read).toBeGreaterThan(1_000);
	});

	it.each([
		"a/b: A\n",
		`${ARN}#password: A\n${ARN}/*: B_*\n`,
		"# why\n\na/b: A   # because\nc/d:  [A, B]\n",
		'version: 1\nchain: [vault, env]\nrun:\n  mode: exec\nsecrets:\n  "*": A_*\n  a/b: { env: A, default: "x" }\n',
		readFileSync(new URL("../../secrets.map.yaml", import.meta.url), "utf8"),
	])("is enough for %j", (text) => {
		const root = readPlainYaml(text);
		expect(root).not.toBeUndefined();
		expect(root).toEqual(parse(text));
	});

	it.each([
		"",
		"# nothing\n",
		"{}\n",
		"a/b: A B\n",
		"a/b:\n",
		"a/b:\n- A\n",
		"a/b: |\n  A\n",
		"a/b: A\n\tc: D\n",
		"A\n",
	])("is not that of %j", (text) => {
		expect(readPlainYaml(text)).toBeUndefined();
	});
});

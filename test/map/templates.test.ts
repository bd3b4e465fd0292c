import { describe, expect, it } from "vitest";
import { DstaError } from "../../src/errors.ts";
import type { Entry, Template } from "../../src/map/secret-map.ts";
import { readYaml } from "../../src/map/yaml.ts";
import { parseSecretMap } from "./with-schema.ts";

const OPTIONS = { file: "m.yaml", backends: ["vault", "aws", "env"], readRoot: readYaml };
const LINE = "DATABASE_URL: postgresql://${database/postgres/host}/dsta";

/** The parts of the only template of a map, with paths in place of entries. */
function partsOf(text: string): unknown[] {
	const { templates = [] } = parseSecretMap(text, OPTIONS);
	expect(templates).toHaveLength(1);
	return (templates[0] as Template).parts.map((part) =>
		typeof part === "string" ? part : [part.source.path.text, ...part.filters],
	);
}

/** The entry that the only template of a map takes its only value from. */
function sourceOf(text: string): Entry {
	const { templates = [] } = parseSecretMap(text, OPTIONS);
	const [part] = (templates[0] as Template).parts as Exclude<Template["parts"][number], string>[];
	return (part as NonNullable<typeof part>).source;
}

describe("a template", () => {
	it.each<[string, unknown[]]>([
		["${a/b}", [["a/b"]]],
		["x${a/b}y${c/d/e}z", ["x", ["a/b"], "y", ["c/d/e"], "z"]],
		["${a/b|url}", [["a/b", "url"]]],
		["${a/b|json|url}", [["a/b", "json", "url"]]],
		["${ a/b | base64 |shell }", [["a/b", "base64", "shell"]]],
		["${a/b#c}", [["a/b#c"]]],
		["${a/b#/c/0/d e}", [["a/b#/c/0/d e"]]],
		["${token}", [["token"]]],
		["$$${a/b}$$", ["$", ["a/b"], "$"]],
		["$${x} ${a/b}", ["$", "{x} ", ["a/b"]]],
		["{${a/b}}", ["{", ["a/b"], "}"]],
	])("%s", (text, parts) => {
		expect(partsOf(`templates:\n  A: '${text}'\n`)).toEqual(parts);
	});

	it.each<[string, unknown[]]>([
		["x: '#'${a/b}", ["x: '#'", ["a/b"]]],
		["${a/b}:1", [["a/b"], ":1"]],
	])("needs no quotes in a block: %s", (text, parts) => {
		expect(partsOf(`templates:\n  A: |-\n    ${text}\n`)).toEqual(parts);
	});

	it("may stand above the entries, or without any", () => {
		const { entries, templates } = parseSecretMap(
			"templates:\n  A: ${a/b}\nsecrets:\n  a/b: { env: B, default: x }\n",
			OPTIONS,
		);
		expect(templates?.[0]?.parts).toEqual([{ source: entries[0], filters: [] }]);
		expect(parseSecretMap("templates:\n  ENV: ${a/b}\n", OPTIONS).entries).toEqual([]);
		expect(parseSecretMap("secrets: {}\ntemplates: {}\n", OPTIONS).templates).toEqual([]);
	});

	it("reads a path that is an entry by that entry, and shares one for a path that is none", () => {
		const { entries, templates = [] } = parseSecretMap(
			"secrets:\n  a/b: A\ntemplates:\n  X: ${a/b}${a/c}\n  Y: ${a/c}\n",
			OPTIONS,
		);
		const sources = templates.flatMap(({ parts }) =>
			parts.map((part) => (part as Exclude<typeof part, string>).source),
		);
		expect(sources[0]).toBe(entries[0]);
		expect(sources[1]).toMatchObject({ names: [] });
		expect(sources[2]).toBe(sources[1]);
	});

	it("asks another engine of Vault for a path as an entry of it says, but for what its value is to be", () => {
		const vault = "vault: { engine: raw, method: POST, data: { ttl: 1h } }";
		const entry = `db/creds/app#username: { env: USER, default: me, chain: [vault], ${vault} }`;
		const { backends, chain, names, ...rest } = sourceOf(
			`secrets:\n  ${entry}\ntemplates:\n  A: \${db/creds/app#password}\n`,
		);
		expect({ backends, chain, names, keys: Object.keys(rest) }).toEqual({
			backends: { vault: { engine: "raw", method: "POST", data: '{"ttl":"1h"}' } },
			chain: ["vault"],
			names: [],
			keys: ["path"],
		});
	});

	it("takes a path that is a variable's name too for the path", () => {
		const { entries, templates } = parseSecretMap("secrets:\n  T: T\ntemplates:\n  A: ${T}\n", OPTIONS);
		expect(templates?.[0]?.parts).toEqual([{ source: entries[0], filters: [] }]);
	});

	it.each<[string, Partial<Entry>]>([
		["a/b/*: A_*", { names: ["A_KEY"] }],
		["a/b/*: { env: A_*, version: 3, backend: vault }", { names: ["A_KEY"], version: 3, backend: "vault" }],
		["a/b/*: { env: A_*, optional: true, type: port }", { names: ["A_KEY"], optional: true, type: "port" }],
		["{ a/b/*: A_*, c/d: A_KEY }", { names: [] }],
	])("reads a field of a secret that a wildcard takes as the wildcard does: %s", (line, expected) => {
		const source = sourceOf(`secrets:\n  ${line}\ntemplates:\n  X: \${a/b/key}\n`);
		expect(source).toMatchObject({ ...expected, path: { text: "a/b/key" } });
	});
});

describe("a wrong template", () => {
	it.each<[string, ...string[]]>([
		["A: ${a/b|ulr}", '2:12: "ulr" is no filter; did you mean "url"?'],
		["A: x${a/b | html }y", '2:15: "html" is no filter; write one of url, json, base64, shell'],
		["A: '${a/b|URL}'", '2:13: "URL" is no filter; did you mean "url"?'],
		["A: ${a/b|}", "2:12: this is no filter; write one of url, json, base64, shell"],
		["A: ${a/b||url}", "2:12: this is no filter; write one of url, json, base64, shell"],
		["A: ${a/b|url:hunter2@host}", "2:12: this is no filter; write one of url, json, base64, shell"],
		["A: ${}", "2:8: the braces name no secret: write ${path}, or $${ for the text ${"],
		["A: ${ |url}", "2:9: the braces name no secret: write ${path}, or $${ for the text ${"],
		["A: x${a/b", "2:7: a ${ is not closed: a } must follow its path"],
		["A: ${a${b/c}", "2:6: a ${ is not closed: a } must follow its path"],
		["A: ${a/b}$", "2:12: a $ begins the place of a secret, ${path}: write $$ for a dollar sign"],
		["A: $a/b", "2:6: a $ begins the place of a secret, ${path}: write $$ for a dollar sign"],
		["A: $(a/b)", "2:6: a $ begins the place of a secret, ${path}: write $$ for a dollar sign"],
		["A: $$$", "2:8: a $ begins the place of a secret, ${path}: write $$ for a dollar sign"],
		["A: ${a//b}", '2:8: "a//b" is no secret path: it has an empty segment'],
		["A: ${a/b#}", '2:8: "a/b#" is no secret path: nothing follows its "#"'],
		["A: ${a/*}", '2:8: "a/*" stands for many values: name one, a/FIELD'],
		["A: ${a/b:-hunter2}", "2:8: a default is no part of a template: give the path an entry that has one"],
		["A: a/b", "2:6: A has no place for a secret: write ${path} into it"],
		["A: ''", "2:6: A has no place for a secret: write ${path} into it"],
		["A: $$5", "2:6: A has no place for a secret: write ${path} into it"],
		["A:", "2:5: A has no value; give it one or leave it out"],
		["A: [x]", "2:6: A must be one text"],
		["A: {env: x}", "2:6: A must be one text"],
		[
			"A-B: ${a/b}",
			'2:3: "A-B" is no variable name (letters, digits and _, no digit first); did you mean "A_B"?',
		],
		[
			"A: ${a/b} ${a|x} ${}",
			'2:17: "x" is no filter; write one of url, json, base64, shell',
			"2:22: the braces name no secret: write ${path}, or $${ for the text ${",
		],
		// Where escapes or lines move the text, the template's own place is told.
		['A: "\\t${a/b|ulr}"', '2:6: "ulr" is no filter; did you mean "url"?'],
		["A: |-\n    x\n    ${a/b|ulr}", '2:6: "ulr" is no filter; did you mean "url"?'],
		["A: x\n    ${a/b|ulr}", '2:6: "ulr" is no filter; did you mean "url"?'],
		["A: ${B}\n  B: ${a/b}", "2:8: B is a template, which no other can hold: write what it holds"],
		["A: ${A}", "2:8: A is a template, which no other can hold: write what it holds"],
		["A: ${PGHOST}", "2:8: PGHOST is a variable: write the path of its line"],
		["PGHOST: ${a/b}", "4:12: PGHOST gets a value twice, first at m.yaml:2:3"],
		["A: ${a/b}\n  A: ${c/d}", "3:3: A gets a value twice, first at m.yaml:2:3"],
	])("%j: %s", (line, ...complaints) => {
		// The line of the entry that has PGHOST stands below.
		expect(complaintsOf(`templates:\n  ${line}\nsecrets:\n  pg/host: PGHOST\n`)).toEqual(complaints);
	});

	it.each<[string, string[]]>([
		["secrets: {}\ntemplates:\n", [`2:11: templates must hold lines such as ${LINE}, or {} for none`]],
		["secrets: {}\ntemplates: [A]\n", [`2:12: templates must hold lines such as ${LINE}`]],
		[
			"templates:\n  A: ${a/b}\nc/d: D\n",
			['3:1: "c/d" is a path: move its line to the others, under secrets:'],
		],
		["templates: { env: A }\n", []],
		["templates: A\n", []],
	])("%j", (text, complaints) => {
		expect(complaintsOf(text)).toEqual(complaints);
	});
});

/** What is said of a map, line for line, without the name of the file. */
function complaintsOf(text: string): string[] {
	try {
		parseSecretMap(text, OPTIONS);
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		expect(error.message).not.toContain("hunter2");
		return error.message.split("\n").map((line) => line.replace(/^m\.yaml:/, ""));
	}
	return [];
}

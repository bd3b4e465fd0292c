import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { Entry, Filter, Template } from "../../src/map/secret-map.ts";
import type { Resolution } from "../../src/resolve/resolve.ts";
import { fillTemplates } from "../../src/resolve/templates.ts";
import { parseSecretPath } from "../../src/secret-path.ts";
import { SecretValues } from "../../src/secret-values.ts";

/** An entry that resolved to a value. */
function resolved(path: string, value: string): Resolution {
	const entry: Entry = { path: parseSecretPath(path), names: ["A", "B"] };
	const values = new SecretValues(entry.names.map((name) => [name, value] as const));
	const nothing = { attempts: [], errors: [], invalid: new Map(), missing: [] };
	return { ...nothing, entry, names: entry.names, values, origin: "env" };
}

/** What a template of one value becomes. */
function fill(value: string, ...filters: Filter[]): string | undefined {
	const source = resolved("a/b/c", value);
	const template: Template = { name: "T", parts: ["<", { source: source.entry, filters }, ">"] };
	return fillTemplates([template], [source])[0]?.values.get("T");
}

const HARD = " !\"#$%&'()*+,/:;<=>?@[\\]^`{|}~-._aZ09\n\té日🎉";

describe("a filter", () => {
	it.each<[Filter, string, string]>([
		["url", "", ""],
		["url", "AZaz09-._~", "AZaz09-._~"],
		["url", "p@ss/w:rd?#[] %+", "p%40ss%2Fw%3Ard%3F%23%5B%5D%20%25%2B"],
		["url", "!'()*", "%21%27%28%29%2A"],
		["url", "é日🎉\n\0", "%C3%A9%E6%97%A5%F0%9F%8E%89%0A%00"],
		["json", "", '""'],
		["json", 'a"b\\c\n\u0001é', '"a\\"b\\\\c\\n\\u0001é"'],
		["json", '{"a":1}', '"{\\"a\\":1}"'],
		["base64", "", ""],
		["base64", "a", "YQ=="],
		["base64", "é\0>>>???", "w6kAPj4+Pz8/"],
		["shell", "", "''"],
		["shell", "a b", "'a b'"],
		["shell", "it's $HOME `x`", "'it'\\''s $HOME `x`'"],
	])("%s of %j is %s", (filter, value, text) => {
		expect(fill(value, filter)).toBe(`<${text}>`);
	});

	it("url gives what a URL gives back", () => {
		const url = new URL(`postgresql://${fill(HARD, "url")?.slice(1, -1)}:x@host/db`);
		expect(decodeURIComponent(url.username)).toBe(HARD);
	});

	it("shell gives one word of a shell, whatever is in it", () => {
		const script = `printf %s ${fill(HARD, "shell")?.slice(1, -1)}`;
		expect(execFileSync("sh", ["-c", script], { encoding: "utf8" })).toBe(HARD);
	});

	it("is applied to what the one before it gave", () => {
		expect(fill('"', "json", "url")).toBe("<%22%5C%22%22>");
		expect(fill('"', "url", "json")).toBe('<"%22">');
		expect(fill("a", "base64", "base64")).toBe("<WVE9PQ==>");
	});
});

describe("a template", () => {
	it.each(["${a/b/c}", "$$", "$", "${", "|url}"])("takes a value as it is: %s", (value) => {
		expect(fill(value)).toBe(`<${value}>`);
	});

	it("holds no value that is not Unicode, whatever filters follow", () => {
		const source = resolved("a/b/c", "sentinel\udc80");
		for (const filters of [[], ["url"], ["base64"]] satisfies Filter[][]) {
			const parts = [{ source: source.entry, filters }];
			const [filled] = fillTemplates([{ name: "T", parts }], [source]);
			expect(filled?.values.size).toBe(0);
			expect(filled?.errors).toEqual([
				expect.objectContaining({ code: "DSTA_INVALID_VALUE", path: "a/b/c" }),
			]);
			expect(filled?.errors[0]?.message).toMatch(/^The value of a\/b\/c for T is not valid Unicode/);
		}
	});

	it("that becomes too long for a variable is refused before it is too long for us", () => {
		const source = resolved("a/b/c", "x".repeat(1_000_000));
		const filters = Array.from({ length: 20 }, () => "base64" as const);
		const parts = Array.from({ length: 10_000 }, () => ({ source: source.entry, filters }));
		const [filled] = fillTemplates([{ name: "T", parts }], [source]);
		expect(filled?.values.size).toBe(0);
		expect(filled?.errors.map(({ message }) => message)).toEqual([
			"The value of T cannot be a variable: it takes more than the 131071 bytes that the kernel allows",
		]);
	});
});

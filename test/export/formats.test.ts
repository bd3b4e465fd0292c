import { describe, expect, it } from "vitest";
import { FORMATS } from "../../src/cli/export/formats.ts";
import { maskCommands } from "../../src/cli/export/github.ts";
import { EXPORT_FORMATS, type ExportFormat } from "../../src/cli/usage.ts";
import { READERS } from "./readers.ts";
import { carried, VARIABLES } from "./values.ts";

describe("a format of dsta-run export", () => {
	it.each(EXPORT_FORMATS)("has a reader here: %s", (format) => {
		const isElsewhere = format === "systemd";
		expect(READERS.some((reader) => reader.format === format) || isElsewhere).toBe(true);
	});

	for (const { format, name, read } of READERS.filter(({ isThere }) => isThere))
		it(`${format} is read by ${name} as it was`, async () => {
			const values = carried(format);
			const found = await read(FORMATS[format].render(values, "api"), [...values.keys()]);
			const wrong = [...values].filter(([name, value]) => found[name] !== value);
			expect(wrong.map(([name, value]) => ({ value, found: found[name] }))).toEqual([]);
		});

	it.each<[ExportFormat, least: number]>([
		["dotenv", 0.75],
		["json", 1],
		["yaml", 1],
		["shell", 1],
		["fish", 1],
		["powershell", 0.99],
		["github", 1],
		["systemd", 0.7],
		["docker", 0.8],
		["k8s", 1],
		["tfvars", 0.9],
	])("%s carries most values", (format, least) => {
		expect(carried(format).size / VARIABLES.size).toBeGreaterThanOrEqual(least);
	});

	it.each<[ExportFormat, name: string, reason: string, value: string]>([
		["dotenv", "A", "a carriage return", "a\rb"],
		["dotenv", "A", "quotes beside", "p'a$$w\"rd"],
		["shell", "UID", "keeps this name", "0"],
		["shell", "USERNAME", "keeps this name", "app"],
		["shell", "status", "keeps this name", "up"],
		["fish", "status", "keeps this name", "0"],
		["powershell", "A", "is empty", ""],
		["github", "NODE_OPTIONS", "cannot set this name", "--inspect"],
		["github", "GITHUB_TOKEN", "cannot set this name", "t"],
		["systemd", "A", "a control character", "\x1b[0m"],
		["docker", "A", "a line break", "a\nb"],
		["docker", "A", "65000 bytes", "a".repeat(65_000)],
		["tfvars", "A", "separate accents", "e\u0301"],
	])("%s says why it cannot carry %s: %s", (format, name, reason, value) => {
		expect(FORMATS[format].misfit?.(value, name)).toContain(reason);
	});

	it.each(EXPORT_FORMATS)("%s of no variables is one of its kind", (format) => {
		const none = { json: "{}\n", yaml: "{}\n" } as Partial<Record<ExportFormat, string>>;
		const text = FORMATS[format].render(new Map(), "api");
		if (format === "k8s") expect(text).toMatch(/\ndata: \{\}\n$/);
		else expect(text).toBe(none[format] ?? "");
	});

	it("github hides each line of a value, once, in the words of a command", () => {
		const values = new Map([
			["A", "one\r\n\n  two%0A  \nthree\n"],
			["B", "one"],
			["C", ""],
		]);
		expect(maskCommands(values)).toBe(
			["one", "  two%250A  ", "three"].map((line) => `::add-mask::${line}\n`).join(""),
		);
	});
});

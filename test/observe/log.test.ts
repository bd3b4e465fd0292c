import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isColored } from "../../src/cli/color.ts";
import { createLog, type LogFields, type LogLevel } from "../../src/observe/log.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, ROOT), "utf8");
const EVENTS = [...read("src/log-event.ts").matchAll(/^\t\| "([^"]+)"/gm)].map(([, name]) => name as string);

function write(
	options: { readonly format: "text" | "json"; readonly isColored?: boolean },
	fields: LogFields,
) {
	const lines: string[] = [];
	const { format, isColored = false } = options;
	const log = createLog({
		level: "trace",
		format,
		write: (line) => lines.push(line),
		isColored: () => isColored,
	});
	for (const level of ["error", "warn", "info", "debug"] satisfies LogLevel[]) log(level, "it is", fields);
	return lines;
}

describe("the log", () => {
	it("has an event for each kind of record, and the README a line for each", () => {
		const section = /\n## Logs\n([\s\S]*?)\n## /.exec(read("README.md"))?.[1] ?? "";
		const rows = [...section.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = ""]) =>
			[...cell.matchAll(/`([\w.-]+)`/g)].map(([, name]) => name as string),
		);
		expect(rows.sort()).toEqual([...EVENTS].sort());
	});

	it("has no event that nobody writes", () => {
		const source = readdirSync(new URL("src", ROOT), { recursive: true, encoding: "utf8" })
			.filter((file) => file.endsWith(".ts") && file !== "log-event.ts")
			.map((file) => read(`src/${file}`))
			.join("\n");
		expect(EVENTS.length).toBeGreaterThan(20);
		expect(EVENTS.filter((name) => !source.includes(`"${name}"`))).toEqual([]);
	});

	it("names in JSON the event, the path and the backend", () => {
		const [line = ""] = write(
			{ format: "json", isColored: true },
			{ event: "watch.gone", path: "a/b", backend: "vault", lines: ["fix: x"] },
		);
		expect(JSON.parse(line)).toEqual({
			time: expect.stringMatching(/^\d{4}-/),
			level: "error",
			event: "watch.gone",
			message: "it is",
			path: "a/b",
			backend: "vault",
		});
	});

	it("colours the word for the level alone, and only where that is wanted", () => {
		const fields = { event: "failure", text: "a \u001b[31mred\u001b[0m word", lines: ["fix: x"] } as const;
		expect(write({ format: "text" }, fields)[0]).toBe(
			"dsta-run: error: a \uFFFD[31mred\uFFFD[0m word\n  fix: x\n",
		);
		const colored = write({ format: "text", isColored: true }, fields);
		expect(colored[0]).toBe("dsta-run: \u001b[31merror\u001b[0m: a \uFFFD[31mred\uFFFD[0m word\n  fix: x\n");
		expect(new Set(colored).size).toBe(4);
	});

	it.each<[Record<string, string>, boolean, boolean]>([
		[{}, true, true],
		[{}, false, false],
		[{ TERM: "dumb" }, true, false],
		[{ NO_COLOR: "1" }, true, false],
		[{ NO_COLOR: "" }, true, true],
		[{ FORCE_COLOR: "1" }, false, true],
		[{ FORCE_COLOR: "1", NO_COLOR: "1", TERM: "dumb" }, false, true],
		[{ FORCE_COLOR: "0" }, true, false],
	])("is coloured or not by %j on a terminal (%s): %s", (env, isTerminal, expected) => {
		expect(isColored({ env, isTerminal: () => isTerminal })).toBe(expected);
	});
});

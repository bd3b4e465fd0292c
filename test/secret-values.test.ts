import { format, inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createLog } from "../src/observe/log.ts";
import { SecretValues } from "../src/secret-values.ts";

const values = new SecretValues([["NAME", "s3ntinel"]]);
const around = { values, list: [values], map: new Map([["values", values]]) };
const deep = { showHidden: true, depth: Number.POSITIVE_INFINITY, showProxy: true, getters: true } as const;

function logged(logFormat: "text" | "json"): string {
	let text = "";
	const log = createLog({ level: "trace", format: logFormat, write: (line) => (text += line) });
	log("error", `${values}`, { event: "failure", text: `${values}`, values, around });
	return text;
}

describe("values of secrets", () => {
	it.each<[string, () => string]>([
		["%s", () => format("%s", values)],
		["%j", () => format("%j", values)],
		["%o", () => format("%o %o", values, around)],
		["%O", () => format("%O %O", values, around)],
		["%d", () => format("%d", values)],
		["no format", () => format(values, around)],
		["inspect", () => inspect(values, deep) + inspect(around, deep)],
		["inspect without their say", () => inspect(around, { ...deep, customInspect: false })],
		["JSON", () => JSON.stringify(values) + JSON.stringify(around, undefined, 2)],
		["a template", () => `${values}`],
		["a sum of texts", () => "".concat(values as unknown as string)],
		["String", () => String(values) + [values].join()],
		["an error", () => inspect(new Error(`${values}`, { cause: values }), deep)],
		["a copy of all properties", () => inspect({ ...values }, deep) + Object.entries(values).join()],
		["a structured clone", () => inspect(structuredClone(values), deep)],
		["the log as text", () => logged("text")],
		["the log as JSON", () => logged("json")],
	])("are shown by none of the ways of making text: %s", (_, show) => {
		expect(show()).not.toContain("s3ntinel");
	});

	it("say in text that they are there", () => {
		expect([String(values), JSON.stringify(values), inspect(values)]).toEqual([
			"[secret]",
			'"[secret]"',
			"[secret]",
		]);
	});

	it("are read as those of any map", () => {
		const seen: string[] = [];
		values.forEach((value, name, map) => void seen.push(name, value, String(map === values)));
		expect(seen).toEqual(["NAME", "s3ntinel", "true"]);
		expect([...values]).toEqual([["NAME", "s3ntinel"]]);
		expect([...values.entries(), ...values.keys(), ...values.values()]).toEqual([
			["NAME", "s3ntinel"],
			"NAME",
			"s3ntinel",
		]);
		expect([values.size, values.has("NAME"), values.get("NAME"), values.get("OTHER")]).toEqual([
			1,
			true,
			"s3ntinel",
			undefined,
		]);
	});
});

import { describe, expect, it } from "vitest";
import { parseJson } from "../../src/backends/json.ts";

describe("JSON of a backend", () => {
	it.each([
		["a string", '"text"'],
		["null", "null"],
		["a whole number", "42"],
		["the longest number that a double holds", "9007199254740991"],
		["a nested value", '{"a":[1,true,{"b":null}]}'],
	])("reads %s as the runtime does", (_what, text) => {
		expect(parseJson(text)).toEqual(JSON.parse(text));
	});

	it.each([
		"9007199254740993",
		"-12345678901234567890",
		"123456789012345678901234567890",
		"0.12345678901234567890123",
		"1e400",
		"1e-400",
		"-1E999999999999999999999",
		"123456789012345678e3",
		"1E+21",
		"1000000000000000000000",
		"1.10",
		"1.100000000000000000000",
		"11e-1",
		"0.0000001",
		"0.0e5",
		"1.0",
		"-0",
		"-0.0",
	])("keeps the text of %s, which the runtime would write differently", (number) => {
		const value = parseJson(`{"n":${number},"list":[${number}]}`);
		expect(JSON.stringify(value)).toBe(`{"n":${number},"list":[${number}]}`);
		expect(JSON.stringify(parseJson(number))).toBe(number);
	});

	it.each([
		["1.5", 1.5],
		["-1e+21", -1e21],
		["5e-324", 5e-324],
	])("gives %s as a number", (text, number) => {
		expect(parseJson(`[${text}]`)).toEqual([number]);
	});

	it("leaves digits inside strings alone", () => {
		const text = '{"card":"12345678901234567890","1e5":"1e400"}';
		expect(parseJson(text)).toEqual(JSON.parse(text));
	});

	it.each(["", ',"n":12345678901234567890'])("keeps __proto__ and constructor as own keys%s", (rest) => {
		const value = parseJson(`{"__proto__":{"a":"1"},"constructor":"2"${rest}}`) as Record<string, unknown>;
		expect(Object.keys(value).slice(0, 2)).toEqual(["__proto__", "constructor"]);
		expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
		expect(({} as Record<string, unknown>).a).toBeUndefined();
	});

	it("takes the last of duplicate keys", () => {
		expect(parseJson('{"a":"1","a":"2"}')).toEqual({ a: "2" });
		expect(JSON.stringify(parseJson('{"a":12345678901234567890,"a":12345678901234567891}'))).toBe(
			'{"a":12345678901234567891}',
		);
	});

	it("passes lone surrogates on", () => {
		expect(parseJson('"\\ud800"')).toBe("\ud800");
	});

	it.each(["", "sentinel-hunter2", '{"a":"sentinel-hunter2"', "sentinel-hunter2 1e5", "01", "NaN", "[1,]"])(
		"refuses %j without showing it",
		(text) => {
			const failure = thrownBy(() => parseJson(text));
			expect(failure).toBeInstanceOf(SyntaxError);
			expect(`${failure} ${failure?.stack}`).not.toContain("sentinel");
			expect(failure).not.toHaveProperty("cause");
		},
	);

	it("reads 500 levels and refuses one more", () => {
		const nested = (depth: number) => `${'[{"]":'.repeat(depth / 2)}1e400${"}]".repeat(depth / 2)}`;
		expect(JSON.stringify(parseJson(nested(500)))).toBe(nested(500));
		expect(() => parseJson(nested(502))).toThrow(RangeError);
		expect(() => parseJson("[".repeat(5_000_000))).toThrow(RangeError);
	});

	it("gives back what it read, when it is written again", () => {
		const text = '{"a":1.10,"b":-0,"c":[1e5,42],"d":12345678901234567890,"e":"1.10"}';
		expect(JSON.stringify(parseJson(text))).toBe(text);
	});

	it("does not take brackets in strings for levels", () => {
		const text = JSON.stringify({ a: `"${"[".repeat(1000)}\\"` });
		expect(parseJson(text)).toEqual(JSON.parse(text));
	});
});

function thrownBy(action: () => unknown): Error | undefined {
	try {
		action();
		return undefined;
	} catch (error) {
		return error as Error;
	}
}

import { expect, it } from "vitest";
import type { WritableBackend } from "../../src/backends/backend.ts";
import { LINES } from "./cases.ts";
import { ask, type Harness, NEVER_SHOWN, type Place, SENTINEL, type Writing } from "./harness.ts";

/** What holds of every backend that can be written and listed. */
export function describeWriting(harness: Harness, { load, prefix }: Writing, place: Place): void {
	const { at, signal } = place;
	const open = () => place.open() as Promise<WritableBackend & Disposable>;
	const write = async (secret: string, fields: readonly (readonly [string, string])[], replace = false) => {
		using backend = await open();
		return backend.write(secret, new Map(fields), { replace, signal: signal() });
	};
	/** The JSON that the place holds, with its keys in order. */
	const loadSorted = async (secret: string) => sortKeys(await load(secret));

	it("creates a secret, whose fields are what was written", async () => {
		const secret = at("created/here");
		const written = await write(secret, [
			["b", LINES],
			["a", ""],
			["__proto__", "own"],
		]);
		expect(written).toEqual({
			location: `${prefix}${secret}`,
			version: harness.unknownVersions === undefined ? undefined : expect.any(String),
			created: true,
			fields: ["__proto__", "a", "b"],
		});
		expect(await loadSorted(secret)).toBe(`{"__proto__":"own","a":"","b":${JSON.stringify(LINES)}}`);
		using backend = await open();
		expect((await backend.read(ask(`${secret}/b`), signal()))?.value).toBe(LINES);
	});

	it("merges fields into a secret and keeps the others, to the letter", async () => {
		const secret = at("merged");
		const kept = `"big":12345678901234567890,"exp":1e5,"long":0.12345678901234567890123,"nested":{"x":[null,1.10,true]},"nothing":null,"price":1.10,"text":${JSON.stringify(LINES)},"zero":-0`;
		await harness.store(secret, `{"__proto__":{"own":2.50},"a":"old",${kept}}`);
		const before = await loadSorted(secret);
		if (harness.holds === "json") expect(before).toBe(`{"__proto__":{"own":2.50},"a":"old",${kept}}`);
		const written = await write(secret, [["a", SENTINEL]]);
		expect(written).toMatchObject({ created: false, location: `${prefix}${secret}` });
		const fields = ["__proto__", "a", "big", "exp", "long", "nested", "nothing", "price", "text", "zero"];
		expect(written.fields).toEqual(fields);
		expect(JSON.stringify(written)).not.toMatch(NEVER_SHOWN);
		expect(await loadSorted(secret)).toBe(before.replace('"a":"old"', `"a":"${SENTINEL}"`));
	});

	it("replaces all fields when told so", async () => {
		const secret = at("replaced");
		await harness.store(secret, '{"a":"1","b":2}');
		const written = await write(secret, [["c", "3"]], true);
		expect(written).toMatchObject({ created: false, fields: ["c"] });
		expect(await load(secret)).toBe('{"c":"3"}');
	});

	it("leaves a secret alone that has another value for a field, when told not to overwrite", async () => {
		const secret = at("careful");
		await harness.store(secret, '{"a":"old","nothing":null,"number":1.50}');
		const before = await loadSorted(secret);
		using backend = await open();
		const careful = (fields: readonly (readonly [string, string])[]) =>
			backend.write(secret, new Map(fields), { replace: false, overwrite: false, signal: signal() });
		const refused = await careful([
			["b", "new"],
			["a", SENTINEL],
		]).catch((error) => error);
		expect(refused).toMatchObject({
			code: "DSTA_CONFLICT",
			message: expect.stringContaining("value for a since"),
		});
		expect(JSON.stringify(refused) + refused.message + refused.cure).not.toMatch(NEVER_SHOWN);
		expect(await loadSorted(secret)).toBe(before);
		await careful([
			["a", "old"],
			["b", "new"],
			["nothing", "now"],
		]);
		expect(JSON.parse(await load(secret))).toMatchObject({ a: "old", b: "new", nothing: "now" });
	});

	it("shows at once what it wrote, and in which version", async () => {
		using backend = await open();
		const secret = at("versioned");
		const versions = new Set<string | undefined>();
		for (const value of ["1", "2"]) {
			const fields = new Map([["a", value]]);
			const { version } = await backend.write(secret, fields, { replace: false, signal: signal() });
			versions.add(version);
			expect(await backend.read(ask(`${secret}/a`), signal())).toMatchObject({ value, version });
		}
		expect(versions.size).toBe(harness.unknownVersions === undefined ? 1 : 2);
	});

	it("lists names below the mount or the prefix, in order, a folder with its slash", async () => {
		for (const name of ["z", "a/deep/er", "a-b", "Z", "a"])
			await harness.store(at(`listed/${name}`), '{"k":"v"}');
		const root = at("listed").split("/")[0] as string;
		using backend = await open();
		const listed = (...names: string[]) => names.map((name) => `${root}/listed${name}`);
		expect(await backend.list(at("listed"), signal())).toEqual(listed("/Z", "/a", "/a-b", "/a/", "/z"));
		expect(await backend.list(at("listed/a"), signal())).toEqual(listed("/a/deep/"));
		expect(await backend.list(at("listed/a/deep"), signal())).toEqual(listed("/a/deep/er"));
		expect(await backend.list(at("listed/none"), signal())).toEqual([]);
		const top = await backend.list("", signal());
		expect(top).toContain(`${root}/`);
		expect(top).toContain(at("_whole"));
		expect(top).toEqual([...new Set(top)].sort());
	});
}

function sortKeys(json: string): string {
	// Numbers as they stand there: a reviver sees their text.
	const verbatim = JSON.parse(json, (_key, value, context?: { readonly source?: string }) =>
		typeof value === "number" ? rawJson(context?.source ?? "") : value,
	);
	return JSON.stringify(Object.fromEntries(Object.entries(verbatim).sort(([a], [b]) => (a < b ? -1 : 1))));
}

// TypeScript's library does not know it yet.
const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

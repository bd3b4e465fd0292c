import { expect, it } from "vitest";
import type { SecretValue, WritableBackend } from "../../src/backends/backend.ts";
import { parseJson } from "../../src/backends/json.ts";
import { LINES } from "./cases.ts";
import { ask, failureOf, type Harness, NEVER_SHOWN, type Place, SENTINEL, type Writing } from "./harness.ts";

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

	it.each<[what: string, field: string, from: string | undefined, isRefused: boolean]>([
		["its text", "text", JSON.stringify(LINES), false],
		["another text", "text", '"other"', true],
		["no value", "text", undefined, true],
		["its number", "number", "1.5", false],
		["its number as a text", "number", '"1.5"', true],
		["its false", "no", "false", false],
		["0 for false", "no", "0", true],
		["its object, the keys in another order", "deep", '{"y":null,"x":[1,{"z":"a"}]}', false],
		["its object with a key less", "deep", '{"x":[1,{"z":"a"}]}', true],
		["its object with another key", "deep", '{"x":[1,{"z":"a"}],"w":null}', true],
		["its object with another element", "deep", '{"x":[1,{"z":"b"}],"y":null}', true],
		["its array with an element less", "list", '["a"]', true],
		["null for what is null", "nothing", "null", false],
		["no value for what is null", "nothing", undefined, false],
		["no value for what is missing", "missing", undefined, false],
		["a value for what is missing", "missing", '"a"', true],
		["a value for what every object inherits", "toString", '"a"', true],
	])("writes a field only from the value that it has: from %s", async (_what, field, json, isRefused) => {
		const secret = at(`from/${field}`);
		await harness.store(
			secret,
			`{"text":${JSON.stringify(LINES)},"number":1.5,"no":false,"deep":{"x":[1,{"z":"a"}],"y":null},"list":["a","b"],"nothing":null}`,
		);
		const before = await loadSorted(secret);
		using backend = await open();
		const from = new Map([[field, json === undefined ? undefined : parseJson(json)]]);
		const writing = backend.write(secret, new Map([[field, SENTINEL]]), {
			replace: false,
			from,
			signal: signal(),
		});
		if (isRefused) {
			expect(await failureOf(writing)).toMatchObject({
				code: "DSTA_CONFLICT",
				message: `Somebody else has changed ${field} of ${secret} since it was read`,
				path: secret,
			});
			expect(await loadSorted(secret)).toBe(before);
		} else {
			expect(await writing).toMatchObject({ location: `${prefix}${secret}`, created: false });
			const expected = { ...JSON.parse(before), [field]: SENTINEL };
			expect(JSON.parse(await load(secret))).toEqual(expected);
			expect((await backend.read(ask(`${secret}/${field}`), signal()))?.value).toBe(SENTINEL);
		}
	});

	it("writes from a number that no double holds, as it reads it, and not from another one", async () => {
		const secret = at("from/exact");
		await harness.store(secret, '{"a":12345678901234567890,"b":1.10,"c":"old"}');
		using backend = await open();
		const read = async (field: string) =>
			(await backend.read(ask(`${secret}/${field}`), signal()))?.value as SecretValue;
		const write = (from: readonly (readonly [string, SecretValue])[]) =>
			backend.write(secret, new Map([["c", "new"]]), {
				replace: false,
				from: new Map(from),
				signal: signal(),
			});
		const other = parseJson("12345678901234567999");
		expect((await failureOf(write([["a", other]]))).code).toBe("DSTA_CONFLICT");
		if (harness.holds === "json") expect((await failureOf(write([["b", 1.1]]))).code).toBe("DSTA_CONFLICT");
		await write([
			["a", await read("a")],
			["b", await read("b")],
		]);
		expect(await read("c")).toBe("new");
	});

	it("merges what has changed beside a field that it writes from its value, and compares where it replaces all", async () => {
		const secret = at("from/beside");
		await harness.store(secret, '{"a":"old","b":"theirs"}');
		using backend = await open();
		const write = (replace: boolean, value: string) =>
			backend.write(secret, new Map([["a", "new"]]), {
				replace,
				from: new Map([["a", value]]),
				signal: signal(),
			});
		expect((await failureOf(write(true, "other"))).code).toBe("DSTA_CONFLICT");
		await write(false, "old");
		expect(await loadSorted(secret)).toBe('{"a":"new","b":"theirs"}');
		await write(true, "new");
		expect(await load(secret)).toBe('{"a":"new"}');
	});

	it("creates a secret that a field is to be written into from no value, and none for a field that had one", async () => {
		using backend = await open();
		const write = (secret: string, value: string | undefined) =>
			backend.write(at(secret), new Map([["a", "new"]]), {
				replace: false,
				from: new Map([["a", value]]),
				signal: signal(),
			});
		expect(await write("from/scratch", undefined)).toMatchObject({ created: true, fields: ["a"] });
		expect((await failureOf(write("from/nowhere", "old"))).code).toBe("DSTA_CONFLICT");
		expect(await backend.read(ask(at("from/nowhere/a")), signal())).toBeUndefined();
	});

	describeAnnotations(harness, place);
	describeVersions(harness, place);

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

function describeAnnotations(harness: Harness, { at, signal, ...place }: Place): void {
	const open = () => place.open() as Promise<WritableBackend & Disposable>;

	if (harness.refusesVersions)
		it("keeps nothing beside a secret, and says so", async () => {
			using backend = await open();
			await harness.store(at("annotated"), '{"k":"v"}');
			const read = backend.annotations?.read(at("annotated"), signal()) as Promise<unknown>;
			expect((await failureOf(read)).code).toBe("DSTA_UNSUPPORTED");
			const write = backend.annotations?.write(at("annotated"), new Map([["a", "1"]]), signal());
			expect((await failureOf(write as Promise<void>)).code).toBe("DSTA_UNSUPPORTED");
		});
	else {
		it("keeps texts beside a secret, which make no version of it", async () => {
			const secret = at("annotated");
			const version = await harness.store(secret, '{"k":"v"}');
			using backend = await open();
			const { annotations } = backend as Required<WritableBackend>;
			const write = (...changes: readonly (readonly [string, string | undefined])[]) =>
				annotations.write(secret, new Map(changes), signal());
			expect(await annotations.read(secret, signal())).toEqual(new Map());
			const odd = "2026-11-26T07:42:39Z a/b+c=d@e_f.g -";
			await write(["dsta.every", "90d"], [odd, odd], ["gone", "soon"]);
			await write(["gone", undefined], ["never", undefined], ["dsta.every", "30d"]);
			const expected = new Map([
				["dsta.every", "30d"],
				[odd, odd],
			]);
			expect(await annotations.read(secret, signal())).toEqual(expected);
			await write(["gone", undefined]);
			expect(await annotations.read(secret, signal())).toEqual(expected);
			expect(await backend.read(ask(`${secret}/k`), signal())).toMatchObject({ value: "v", version });
		});

		it("keeps nothing beside a secret that is absent", async () => {
			using backend = await open();
			const { annotations } = backend as Required<WritableBackend>;
			expect(await annotations.read(at("none"), signal())).toBeUndefined();
			const error = await failureOf(annotations.write(at("none"), new Map([["a", "1"]]), signal()));
			expect(error).toMatchObject({ code: "DSTA_NOT_FOUND", path: at("none") });
			expect(await backend.list(at("none"), signal())).toEqual([]);
		});

		it.each([
			["an empty text", "a", ""],
			["an empty name", "", "a"],
			["a text that is too long", "a", "x".repeat(257)],
			["a name that is too long", "x".repeat(129), "a"],
			["a text of other characters", "a", "ü"],
			["a text of several lines", "a", "b\nc"],
			["a name of other characters", "{}", "a"],
			["a name of AWS's own", "aws:a", "a"],
		])("refuses to keep %s", async (_what, name, text) => {
			using backend = await open();
			const writing = backend.annotations?.write(at("first"), new Map([[name, text]]), signal());
			expect((await failureOf(writing as Promise<void>)).code).toBe("DSTA_CONFIG");
		});
	}
}

function describeVersions(harness: Harness, { at, signal, ...place }: Place): void {
	it("tells the versions of a secret, the newest first, each of which can be read", async () => {
		using backend = (await place.open()) as WritableBackend & Disposable;
		const versionsOf = (secret: string) => backend.versions?.(at(secret), signal());
		expect(await versionsOf("none")).toEqual([]);
		const stored = [];
		for (const value of ["old", "new"])
			stored.unshift({ value, version: await harness.store(at("told"), `{"key":"${value}"}`) });
		const versions = (await versionsOf("told")) ?? [];
		if (harness.refusesVersions) expect(versions).toEqual([]);
		else
			expect(versions).toEqual(
				stored.map(({ version }, index) => ({
					version,
					createdAt: expect.any(Date),
					isCurrent: index === 0,
					isReadable: true,
					isPending: false,
				})),
			);
		for (const [index, { createdAt, version }] of versions.entries()) {
			expect(Math.abs((createdAt as Date).getTime() - Date.now())).toBeLessThan(600_000);
			expect(await backend.read(ask(at("told/key"), { version }), signal())).toMatchObject({
				value: stored[index]?.value,
				version,
			});
		}
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

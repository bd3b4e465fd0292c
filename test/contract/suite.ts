import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { isWritable } from "../../src/backends/backend.ts";
import { ABSENT, FIRST, FOUND } from "./cases.ts";
import type { Context } from "./context.ts";
import {
	actionsOf,
	ask,
	failureOf,
	type Harness,
	NEVER_SHOWN,
	openBackend,
	revisionOf,
	SENTINEL,
} from "./harness.ts";
import { describeServer } from "./server-suite.ts";
import { startReader } from "./start-reader.ts";
import { describeWriting } from "./writing-suite.ts";

/** Holds a backend to what src/backends/backend.ts says of every backend. */
export function describeBackend(harness: Harness): void {
	const { backend: name, holds, server, unknownVersions, writing } = harness;
	const root = `suite${randomBytes(4).toString("hex")}`;
	const at = (path: string) => (path.startsWith("_") ? `${root}${path}` : `${root}/${path}`);
	const open = (context?: Context) => openBackend(name, context ?? harness.context());
	const signal = () => new AbortController().signal;
	/** What a value that JSON says so is here. */
	const stored = (json: string) => {
		if (holds === "text") return json.startsWith('"') ? JSON.parse(json) : json;
		return holds === "json" ? json : JSON.stringify(JSON.parse(json));
	};
	const textOf = (value: unknown) => (holds === "text" ? value : JSON.stringify(value));

	describe(`the backend ${name} (${harness.form})`, () => {
		const versions: (string | undefined)[] = [];
		beforeAll(async () => {
			await harness.store(at("first"), FIRST);
			await harness.store(at("all"), '{"a":"1","b_c":"","__proto__":"own"}');
			await harness.store(at("_whole"), '{"k":"v"}');
			await harness.store(at("odd-seg.ment_1/a+b@c"), '{"key":"odd place"}');
			for (const value of ["old", "new"])
				versions.push(await harness.store(at("versions"), `{"key":"${value}"}`));
			await harness.store(at("deleted"), '{"key":"gone"}');
			await harness.remove(at("deleted"));
		});

		it.each(FOUND)("finds %s", async (_what, path, json) => {
			using backend = await open();
			const found = await backend.read(ask(at(path)), signal());
			expect(textOf(found?.value)).toBe(stored(json));
			expect(found?.location).not.toMatch(NEVER_SHOWN);
			expect(found?.location).not.toBe("");
		});

		it.each(ABSENT)("does not have %s", async (_what, path) => {
			using backend = await open();
			expect(await backend.read(ask(at(path)), signal())).toBeUndefined();
		});

		it("gives all fields of a secret as its own ones", async () => {
			using backend = await open();
			const found = await backend.read(ask(at("all/*")), signal());
			const fields = Object.entries(found?.value ?? {}).sort();
			expect(fields).toEqual([
				["__proto__", "own"],
				["a", "1"],
				["b_c", ""],
			]);
		});

		it("gives a secret of one segment as a whole", async () => {
			using backend = await open();
			const found = await backend.read(ask(at("_whole")), signal());
			expect(textOf(found?.value)).toBe('{"k":"v"}');
		});

		if (harness.refusesVersions)
			it.each([1, 2])("has no versions, and says so where one is pinned: %j", async (version) => {
				using backend = await open();
				const error = await failureOf(backend.read(ask(at("versions/key"), { version }), signal()));
				expect(error.code).toBe("DSTA_CONFIG");
			});
		else if (unknownVersions === undefined)
			it.each([1, 2])("has no versions: pinned to %j it gives what there is", async (version) => {
				using backend = await open();
				const found = await backend.read(ask(at("versions/key"), { version }), signal());
				expect(found?.value).toBe("new");
				expect(found?.version).toBeUndefined();
			});
		else {
			it("gives the newest version, or a pinned one, and tells which it was", async () => {
				using backend = await open();
				const read = (version?: string) => backend.read(ask(at("versions/key"), { version }), signal());
				expect(await read()).toMatchObject({ value: "new", version: versions[1] });
				expect(await read(versions[1])).toMatchObject({ value: "new", version: versions[1] });
				expect(await read(versions[0])).toMatchObject({ value: "old", version: versions[0] });
				using other = await open();
				const shared = signal();
				const both = await Promise.all(
					versions.map((version) => other.read(ask(at("versions/key"), { version }), shared)),
				);
				expect(both).toMatchObject([{ value: "old" }, { value: "new" }]);
			});

			it.each(unknownVersions)("does not have version %j of a secret", async (version) => {
				using backend = await open();
				expect(await backend.read(ask(at("versions/key"), { version }), signal())).toBeUndefined();
			});
		}

		it("answers many reads at once, each with its own", async () => {
			using backend = await open();
			const paths = [
				"first/text",
				"none/key",
				"first/number",
				"all/a",
				"all/*",
				"versions/key",
				"first/missing",
			];
			const shared = signal();
			const found = await Promise.all(paths.map((path) => backend.read(ask(at(path)), shared)));
			expect(found.map((one) => one !== undefined)).toEqual([true, false, true, true, true, true, false]);
			expect([found[0]?.value, found[3]?.value, found[5]?.value]).toEqual([SENTINEL, "1", "new"]);
		});

		it("tells by a revision without a value whether a path has one", async () => {
			using backend = await open();
			const kindOf = async (path: string) => (await revisionOf(backend, at(path)))?.kind;
			const there = harness.hidesChanges ? "unknown" : "known";
			for (const path of ["first/text", "first#/deep/inner/0", "all/*", "_whole"]) {
				const revision = await revisionOf(backend, at(path));
				expect(revision?.kind).toBe(there);
				expect(JSON.stringify(revision)).not.toMatch(NEVER_SHOWN);
				expect(await revisionOf(backend, at(path))).toEqual(revision);
			}
			const gone = harness.hidesChanges ? "unknown" : "absent";
			for (const path of ["none/key", "none/*", "_none", "deleted/key"])
				expect([path, await kindOf(path)]).toEqual([path, gone]);
		});

		it("accepts its credentials", async () => {
			using backend = await open();
			await expect(backend.check(signal())).resolves.toBeUndefined();
		});

		it("is at its time's end before it begins when the signal has aborted", async () => {
			using backend = await open();
			const aborted = AbortSignal.abort();
			for (const action of actionsOf(backend, at("first"), aborted))
				expect(await failureOf(action())).toMatchObject({ code: "DSTA_TIMEOUT", backend: name });
		});

		it("says where it looks and what to do, without a value", async () => {
			using backend = await open();
			for (const [, path] of [...FOUND, ...ABSENT]) {
				const locations = backend.locations(ask(at(path)));
				const advice = backend.advice(ask(at(path)));
				expect(locations.length).toBeGreaterThan(0);
				expect(locations.filter((location) => location === "")).toEqual([]);
				expect(advice).toMatch(/^[A-Z].*\w.*$/s);
				expect(`${locations} ${advice} ${backend.description}`).not.toMatch(NEVER_SHOWN);
			}
			expect(backend.name).toBe(name);
			expect(backend.description).not.toBe("");
		});

		it("lets the process end once it is closed", async () => {
			const child = startReader(name, harness.context(), at("first/text"));
			expect(await child.ended).toEqual({ status: 0, output: "found", errors: "" });
		});

		if (server !== undefined) describeServer(harness, server, { at, open, signal });
		if (writing !== undefined) describeWriting(harness, writing, { at, open, signal });
		else
			it("can neither write nor list", async () => {
				using backend = await open();
				expect(isWritable(backend)).toBe(false);
				expect(backend).not.toHaveProperty("list");
			});
	});
}

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { type Backend, isWritable, type WritableBackend } from "../../src/backends/backend.ts";
import { startProxy, startSilence } from "../servers/wire.ts";
import type { Context } from "./context.ts";
import {
	type AskedServer,
	ask,
	failureOf,
	type Harness,
	NEVER_SHOWN,
	openBackend,
	SENTINEL,
	type Writing,
} from "./harness.ts";

const LINES = "a\nb\r\n\tü € 😀 $HOME `x` \"q\" 'q' \\n #no";

/** One secret with all that a field can be; `long` and `fraction` are numbers that no double holds. */
const FIRST = `{"text":"${SENTINEL}","empty":"","nothing":null,"number":5432,"long":12345678901234567890,
	"fraction":0.12345678901234567890123,"yes":true,"no":false,"lines":${JSON.stringify(LINES)},"spaces":"  x  ",
	"deep":{"a/b":"slash","a~b":"tilde","inner":["a",{"b":"c"}],"nothing":null},"odd key.with/slash":"odd",
	"0":"zero","ключ":"key","constructor":"own","__proto__":"own too","hasOwnProperty":"own as well"}`;

const FOUND: readonly (readonly [what: string, path: string, json: string])[] = [
	["a field", "first/text", `"${SENTINEL}"`],
	["a field after #", "first#text", `"${SENTINEL}"`],
	["an empty string", "first/empty", '""'],
	["a number", "first/number", "5432"],
	["a whole number beyond 2^53", "first/long", "12345678901234567890"],
	["a fraction longer than a double", "first/fraction", "0.12345678901234567890123"],
	["true", "first/yes", "true"],
	["false", "first/no", "false"],
	["line ends, quotes and what is not ASCII", "first/lines", JSON.stringify(LINES)],
	["spaces at the ends", "first/spaces", '"  x  "'],
	["what a JSON pointer names", "first#/deep/inner/1/b", '"c"'],
	["an element of an array", "first#/deep/inner/0", '"a"'],
	["a pointer with an escaped slash", "first#/deep/a~1b", '"slash"'],
	["a pointer with an escaped tilde", "first#/deep/a~0b", '"tilde"'],
	["an array as it is", "first#/deep/inner", '["a",{"b":"c"}]'],
	["a key of other characters", "first#odd key.with/slash", '"odd"'],
	["a key that is a number", "first/0", '"zero"'],
	["a key that is not ASCII", "first/ключ", '"key"'],
	["a field named constructor", "first/constructor", '"own"'],
	["a field named __proto__", "first/__proto__", '"own too"'],
	["a field named hasOwnProperty", "first#hasOwnProperty", '"own as well"'],
	["a field of a secret with odd names", "odd-seg.ment_1/a+b@c/key", '"odd place"'],
];

const ABSENT: readonly (readonly [what: string, path: string])[] = [
	["a field that is null", "first/nothing"],
	["a field that is null, by a pointer", "first#/deep/nothing"],
	["a field that is missing", "first/missing"],
	["a field that every object inherits", "first/toString"],
	["a field that every object inherits, after #", "first#valueOf"],
	["an element beyond the end", "first#/deep/inner/2"],
	["an element that is no number", "first#/deep/inner/-"],
	["what every array inherits", "first#/deep/inner/length"],
	["what every text inherits", "first#/text/length"],
	["what lies below a text", "first#/text/0"],
	["a field of a secret that is absent", "none/key"],
	["all fields of a secret that is absent", "none/*"],
	["a pointer into a secret that is absent", "none#/key"],
	["a secret that is absent", "_none"],
	["a field of a deleted secret", "deleted/key"],
	["all fields of a deleted secret", "deleted/*"],
];

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

/** The names and the backends of one run of the suite. */
interface Place {
	at(path: string): string;
	open(context?: Context): Promise<Backend & Disposable>;
	signal(): AbortSignal;
}

function describeServer(harness: Harness, server: AskedServer, { at, open, signal }: Place): void {
	const { backend: name } = harness;

	it("shares one request between the reads of one secret", async () => {
		await using proxy = await startProxy(server.address);
		using backend = await open(harness.context(proxy.address));
		// What is to be learnt about the server once has been learnt then.
		await backend.read(ask(at("all/a")), signal());
		const before = proxy.asked.length;
		const { signal: shared } = new AbortController();
		const paths = ["first/text", "first#number", "first/*", "first#/deep/inner/0"];
		const found = await Promise.all(paths.map((path) => backend.read(ask(at(path)), shared)));
		expect(found.map((one) => one?.value !== undefined)).toEqual([true, true, true, true]);
		expect(proxy.asked.length - before).toBe(1);
	});

	it("asks nobody when it is made, where it looks, or what to do", async () => {
		await using proxy = await startProxy(server.address);
		using backend = await open(harness.context(proxy.address));
		backend.locations(ask(at("first/text")));
		backend.advice(ask(at("first/text")));
		expect(proxy.asked).toEqual([]);
	});

	it("lets go of its connections when it is closed", async () => {
		await using proxy = await startProxy(server.address);
		const backend = await open(harness.context(proxy.address));
		await backend.read(ask(at("first/text")), signal());
		backend.close();
		await proxy.untilDisconnected();
		expect(proxy.asked.length).toBeGreaterThan(0);
	});

	it("is denied where its credentials are refused", async () => {
		await using context = await server.refused();
		using backend = await open(context);
		for (const action of actionsOf(backend, at("first"), signal())) {
			const error = await failureOf(action());
			expect(error).toMatchObject({ code: "DSTA_DENIED", failureClass: "denied", backend: name });
			expect(error.message).toMatch(/^Permission denied/);
		}
	});

	it("is unavailable where nobody listens", async () => {
		using backend = await open(harness.context("http://127.0.0.1:1"));
		for (const action of actionsOf(backend, at("first"), signal())) {
			const error = await failureOf(action());
			expect(error).toMatchObject({ code: "DSTA_UNAVAILABLE", failureClass: "unavailable", backend: name });
			expect(error.message).toMatch(/not available: Connection refused/);
		}
	});

	it("gives up a server that does not answer at the signal", async () => {
		await using silence = await startSilence();
		using backend = await open(harness.context(silence.address));
		for (const index of actionsOf(backend, at("first"), signal()).keys()) {
			const controller = new AbortController();
			const came = silence.nextRequest();
			const failing = failureOf(
				actionsOf(backend, at("first"), controller.signal)[index]?.() as Promise<unknown>,
			);
			await came;
			controller.abort();
			expect(await failing).toMatchObject({
				code: "DSTA_TIMEOUT",
				failureClass: "unavailable",
				backend: name,
			});
		}
	});

	it("lets the process end once it is closed, a read that was given up included", async () => {
		await using silence = await startSilence();
		const came = silence.nextRequest();
		const child = startReader(name, harness.context(silence.address), at("first/text"));
		await came;
		child.giveUp();
		expect(await child.ended).toEqual({ status: 0, output: "DSTA_TIMEOUT", errors: "" });
	});
}

function describeWriting(harness: Harness, { load, prefix }: Writing, place: Place): void {
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

/** Everything that a backend can be asked. */
function actionsOf(
	backend: Backend,
	secret: string,
	signal: AbortSignal,
): readonly (() => Promise<unknown>)[] {
	const actions = [
		() => backend.read(ask(`${secret}/text`), signal),
		() => backend.read(ask(`${secret}/*`), signal),
		() => backend.check(signal),
	];
	if (!isWritable(backend)) return actions;
	const fields = new Map([["k", SENTINEL]]);
	return [
		...actions,
		() => backend.write(secret, fields, { replace: false, signal }),
		() => backend.write(secret, fields, { replace: true, signal }),
		() => backend.list(secret, signal),
	];
}

interface Reader {
	readonly ended: Promise<{ status: number | null; output: string; errors: string }>;
	/** Lets it give up its read. */
	giveUp(): void;
}

/** Reads a path in a process of its own, which closes the backend and then does nothing more. */
function startReader(backend: string, context: Context, path: string): Reader {
	const script = fileURLToPath(new URL("reader.ts", import.meta.url));
	const child = spawn(process.execPath, [script, JSON.stringify({ backend, context, path })], {
		env: { PATH: process.env.PATH ?? "" },
	});
	let output = "";
	let errors = "";
	child.stdout.on("data", (chunk) => (output += chunk));
	child.stderr.on("data", (chunk) => (errors += chunk));
	return {
		ended: once(child, "close").then(([status]) => ({ status, output, errors })),
		giveUp: () => child.stdin.end(),
	};
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

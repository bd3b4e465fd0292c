import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Overrides, WritableBackend } from "../../../src/backends/backend.ts";
import { stormOneField, stormOwnFields } from "../../contract/storm.ts";
import { failureOf, openBackend, readAll, request, valuesOf } from "./backend.ts";
import { type Answer, forwardTo, startFakeAws } from "./fake-aws.ts";
import { ask, motoAddress } from "./moto.ts";

const { signal } = new AbortController();
const merge = { replace: false, signal };

/** Names that no other test has. */
function fresh(): string {
	return `t${randomBytes(6).toString("hex")}`;
}

async function store(Name: string, SecretString: string): Promise<string> {
	return (await ask<{ VersionId: string }>("CreateSecret", { Name, SecretString })).VersionId;
}

function open(settings = {}): WritableBackend & Disposable {
	return openBackend(motoAddress(), { settings });
}

describe.skipIf(motoAddress() === "")("Reading from Secrets Manager", () => {
	it("finds a key of a JSON secret, then a plain string, with the prefix and without it", async () => {
		const a = fresh();
		await store(
			`dsta/${a}/binance`,
			'{"api_key":"k1","testnet":false,"limit":12345678901234567890,"none":null}',
		);
		await store(`dsta/${a}/license`, "plain text");
		await store(`${a}/legacy`, '{"user":"u1"}');
		await store(`${a}/motd`, "hello");
		using backend = open();
		const paths = [
			"binance/api_key",
			"binance/testnet",
			"binance#none",
			"license",
			"legacy/user",
			"motd",
			"nobody/x",
		];
		expect(await valuesOf(backend, ...paths.map((path) => `${a}/${path}`))).toEqual([
			"k1",
			false,
			undefined,
			"plain text",
			"u1",
			"hello",
			undefined,
		]);
		const [limit] = await valuesOf(backend, `${a}/binance/limit`);
		expect(JSON.stringify(limit)).toBe("12345678901234567890");
	});

	it("tells where a value lay, and in which version", async () => {
		const a = fresh();
		const version = await store(`dsta/${a}/s`, '{"k":"v"}');
		await store(`${a}/t`, "text");
		using backend = open();
		expect(await readAll(backend, [`${a}/s/k`, `${a}/t`])).toMatchObject([
			{ value: "v", location: `dsta/${a}/s key k`, version },
			{ value: "text", location: `${a}/t`, version: expect.any(String) },
		]);
	});

	it("gives whole secrets that are no object: a text, and an array", async () => {
		const a = fresh();
		await store(`dsta/${a}w`, "whole text");
		await store(`dsta/${a}l`, '["one"]');
		using backend = open();
		expect(await valuesOf(backend, `${a}w`, `${a}l`)).toEqual(["whole text", ["one"]]);
	});

	it.each([
		["a plain string", "text"],
		["a JSON string", '"text"'],
		["a JSON number", "42"],
		["a JSON array", '["k"]'],
		["JSON cut short", '{"k":"v"'],
		["null", "null"],
	])("%s has no keys", async (_what, text) => {
		const a = fresh();
		await store(`dsta/${a}/s`, text);
		using backend = open();
		expect(await valuesOf(backend, `${a}/s#k`, `${a}/s/k`, `${a}/s/*`, `${a}/s#/k`)).toEqual(
			Array(4).fill(undefined),
		);
		expect(await valuesOf(backend, `${a}/s`)).toEqual([text.startsWith("[") ? ["k"] : text]);
	});

	it("gives bytes as base64, which have no keys either", async () => {
		const a = fresh();
		const bytes = Buffer.from([0, 255, 1, 10]).toString("base64");
		await ask("CreateSecret", { Name: `dsta/${a}/bin`, SecretBinary: bytes });
		using backend = open();
		expect(await valuesOf(backend, `${a}/bin`, `${a}/bin#k`)).toEqual([bytes, undefined]);
	});

	it("JSON that nests without end is an invalid value", async () => {
		const a = fresh();
		await store(`dsta/${a}/s`, `${"[".repeat(600)}"sentinel"${"]".repeat(600)}`);
		using backend = open();
		const error = await failureOf(backend.read(request(`${a}/s`), signal));
		expect(error.code).toBe("DSTA_INVALID_VALUE");
		expect(`${error.message}${error.cure}`).not.toContain("sentinel");
	});

	it("takes a secret that is scheduled for deletion, or has no value, for absent", async () => {
		const a = fresh();
		await store(`dsta/${a}/gone`, '{"k":"v"}');
		await ask("DeleteSecret", { SecretId: `dsta/${a}/gone` });
		await ask("CreateSecret", { Name: `dsta/${a}/empty` });
		await store(`dsta/${a}/here`, '{"k":"v"}');
		using backend = open();
		expect(await valuesOf(backend, `${a}/gone/k`, `${a}/empty/k`, `${a}/here/k`)).toEqual([
			undefined,
			undefined,
			"v",
		]);
		expect(await valuesOf(backend, `${a}/gone#k`)).toEqual([undefined]);
	});

	it("reads versions pinned by their stage", async () => {
		const a = fresh();
		await store(`dsta/${a}/s`, '{"k":"v1"}');
		await ask("PutSecretValue", { SecretId: `dsta/${a}/s`, SecretString: '{"k":"v2"}' });
		using backend = open();
		const read = async (version: string) =>
			(await backend.read(request(`${a}/s/k`, { version }), signal))?.value;
		expect(await read("AWSPREVIOUS")).toBe("v1");
		expect(await read("AWSCURRENT")).toBe("v2");
	});

	it("reads what an entry pins for AWS alone, and nothing else where nobody has that", async () => {
		const a = fresh();
		const first = await store(`dsta/${a}/s`, '{"k":"v1"}');
		const VersionStages = ["AWSPENDING"];
		await ask("PutSecretValue", { SecretId: `dsta/${a}/s`, SecretString: '{"k":"v2"}', VersionStages });
		await store(`dsta/${a}/t`, '{"k":"v"}');
		using backend = open();
		const read = async (secret: string, overrides: Overrides) =>
			(await backend.read(request(`${a}/${secret}/k`, { version: 4, overrides }), signal))?.value;
		expect(await read("s", { stage: "AWSPENDING" })).toBe("v2");
		expect(await read("s", { version_id: first })).toBe("v1");
		expect(await read("t", { stage: "AWSPENDING" })).toBeUndefined();
		expect(await read("t", { version_id: first })).toBeUndefined();
	});

	it("reads ARNs, whole or without the six characters at the end, in their region and in no other", async () => {
		const a = fresh();
		const { ARN } = await ask<{ ARN: string }>(
			"CreateSecret",
			{ Name: `team/${a}/s`, SecretString: '{"k":{"x":"eu"}}' },
			"eu-west-1",
		);
		using backend = open();
		const partial = ARN.replace(/-\w{6}$/, "");
		const elsewhere = ARN.replace("eu-west-1", "us-east-1");
		expect(
			await valuesOf(backend, `${ARN}#/k/x`, `${partial}#/k/x`, ARN, `${ARN}#none`, `${elsewhere}#/k/x`),
		).toEqual(["eu", "eu", { k: { x: "eu" } }, undefined, undefined]);
	});

	it("reads as a role that is taken on", async () => {
		const a = fresh();
		await store(`dsta/${a}/s`, '{"k":"v"}');
		const roleArn = "arn:aws:iam::123456789012:role/reader";
		using backend = open({ assume_role: { roleArn, externalId: "x1" } });
		expect(await valuesOf(backend, `${a}/s/k`)).toEqual(["v"]);
	});

	it("reads an entry's own region and prefix", async () => {
		const a = fresh();
		await ask("CreateSecret", { Name: `team/${a}/s`, SecretString: '{"k":"eu"}' }, "eu-west-1");
		using backend = open();
		const read = async (overrides: Record<string, string>) =>
			(await backend.read(request(`${a}/s/k`, { overrides }), signal))?.value;
		expect(await read({ region: "eu-west-1", prefix: "team/" })).toBe("eu");
		expect(await read({ prefix: "team/" })).toBeUndefined();
		expect(await read({ region: "eu-west-1" })).toBeUndefined();
	});

	it("needs three batch calls and no other for 45 secrets", async () => {
		const a = fresh();
		const names = Array.from({ length: 45 }, (_, index) => `${a}/s${index}`);
		await Promise.all(names.map((name) => store(`dsta/${name}`, JSON.stringify({ k: name }))));
		await using proxy = await startFakeAws(forwardTo(motoAddress()));
		using backend = openBackend(proxy.url);
		expect(await valuesOf(backend, ...names.map((name) => `${name}/k`))).toEqual(names);
		expect(proxy.calls.map(({ action }) => action)).toEqual(Array(3).fill("BatchGetSecretValue"));
	});
});

describe.skipIf(motoAddress() === "")("Writing to Secrets Manager", () => {
	it("keeps what it does not write as it is, to the letter and in its place", async () => {
		const a = fresh();
		await store(
			`dsta/${a}/s`,
			'{"big":12345678901234567890,"price":1.10,"zero":-0,"nested":{"x":[null]},"k":"old"}',
		);
		using backend = open();
		await backend.write(`${a}/s`, new Map([["k", "new"]]), merge);
		const { SecretString } = await ask<{ SecretString: string }>("GetSecretValue", {
			SecretId: `dsta/${a}/s`,
		});
		expect(SecretString).toBe(
			'{"big":12345678901234567890,"price":1.10,"zero":-0,"nested":{"x":[null]},"k":"new"}',
		);
	});

	it("writes to the secret without the prefix where only that exists", async () => {
		const a = fresh();
		await store(`${a}/s`, '{"k":"v"}');
		using backend = open();
		expect(await backend.write(`${a}/s`, new Map([["l", "w"]]), merge)).toMatchObject({
			location: `${a}/s`,
			created: false,
			fields: ["k", "l"],
		});
	});

	it("replaces a plain string when asked to", async () => {
		const a = fresh();
		await store(`dsta/${a}/plain`, "text");
		using backend = open();
		const written = await backend.write(`${a}/plain`, new Map([["l", "w"]]), { replace: true, signal });
		expect(written).toMatchObject({ created: false, fields: ["l"] });
		expect(await valuesOf(backend, `${a}/plain/*`)).toEqual([{ l: "w" }]);
	});

	it.each(["sentinel text", '["sentinel"]', '"sentinel"'])(
		"refuses to merge into %s, which has no fields",
		async (text) => {
			const a = fresh();
			await store(`dsta/${a}/s`, text);
			using backend = open();
			const error = await failureOf(backend.write(`${a}/s`, new Map([["k", "sentinel"]]), merge));
			expect(error).toMatchObject({
				code: "DSTA_CONFIG",
				path: `${a}/s`,
				cure: expect.stringContaining("--replace"),
			});
			expect(`${error.message}${error.cure}`).not.toContain("sentinel");
			expect(await valuesOf(backend, `${a}/s#k`)).toEqual([undefined]);
		},
	);

	it("refuses to write what is scheduled for deletion, and says how to restore it", async () => {
		const a = fresh();
		await store(`dsta/${a}/s`, '{"k":"v"}');
		await ask("DeleteSecret", { SecretId: `dsta/${a}/s` });
		using backend = open();
		const error = await failureOf(backend.write(`${a}/s`, new Map([["k", "w"]]), merge));
		expect(error.message).toMatch(/ is scheduled for deletion /);
		expect(error.cure).toContain(`aws secretsmanager restore-secret --secret-id dsta/${a}/s`);
	});

	it("gives a first value to a secret that was created without one", async () => {
		const a = fresh();
		await ask("CreateSecret", { Name: `dsta/${a}/s` });
		using backend = open();
		expect(await backend.write(`${a}/s`, new Map([["k", "v"]]), merge)).toMatchObject({
			created: false,
			fields: ["k"],
		});
		expect(await valuesOf(backend, `${a}/s/k`)).toEqual(["v"]);
	});
});

describe.skipIf(motoAddress() === "")("Writing at once with others to Secrets Manager", () => {
	const NAMES = Array.from({ length: 8 }, (_, index) => `field${index}`);
	const ALL = Object.fromEntries(NAMES.map((name) => [name, name]));

	/** Writes one field, and before an action is passed on for the first time, somebody else does something. */
	async function writeAround(secret: string, action: string, other: () => Promise<unknown>) {
		const forward = forwardTo(motoAddress());
		const messages: string[] = [];
		await using aws = await startFakeAws(async (call, count) => {
			if (call.action === action && count === 1) await other();
			return forward(call, count) as Promise<Answer>;
		});
		const log = (_level: string, message: string) => messages.push(message);
		using backend = openBackend(aws.url, { log });
		const written = await backend.write(secret, new Map([["k", "new"]]), merge);
		return { written, messages };
	}

	/** The server, one call at a time: unlike AWS, it mixes up what it does at once. */
	function startQueue() {
		const forward = forwardTo(motoAddress());
		let last: Promise<unknown> = Promise.resolve();
		return startFakeAws((call, count) => {
			const answer = last.then(() => forward(call, count) as Promise<Answer>);
			last = answer;
			return answer;
		});
	}

	it.each([2, 8])(
		"lets one of %i write a field from its value, and each of them one of its own",
		async (count) => {
			const secret = `${fresh()}/s`;
			await store(`dsta/${secret}`, '{"shared":"old"}');
			await using aws = await startQueue();
			const opened: Disposable[] = [];
			const open = () => {
				const backend = openBackend(aws.url);
				opened.push(backend);
				return backend;
			};
			await stormOneField({ secret, count, open });
			await stormOwnFields({ secret, count, open });
			for (const backend of opened) backend[Symbol.dispose]();
			const { VersionIdsToStages } = await ask<{ VersionIdsToStages: object }>("DescribeSecret", {
				SecretId: `dsta/${secret}`,
			});
			expect(Object.values(VersionIdsToStages).flat().sort()).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
		},
	);

	const textOf = async (secret: string) =>
		(await ask<{ SecretString: string }>("GetSecretValue", { SecretId: `dsta/${secret}` })).SecretString;

	it.each<[string, (id: string) => Promise<unknown>]>([
		["is there", (id) => store(id, '{"field0":"old"}')],
		["is new", async () => undefined],
		["has no value yet", (Name) => ask("CreateSecret", { Name })],
	])("loses nothing of eight who write different fields of a secret that %s", async (_what, prepare) => {
		await using aws = await startQueue();
		for (let round = 0; round < 3; round++) {
			const a = fresh();
			await prepare(`dsta/${a}/s`);
			await Promise.all(
				NAMES.map(async (name) => {
					using backend = openBackend(aws.url);
					await backend.write(`${a}/s`, new Map([[name, name]]), merge);
				}),
			);
			expect(JSON.parse(await textOf(`${a}/s`))).toEqual(ALL);
		}
	});

	it("merges what somebody else wrote in between in another way, to the letter, and says so at debug level", async () => {
		const a = fresh();
		await store(`dsta/${a}/s`, '{"k":"old"}');
		const theirs = '{"k":"old","theirs":"new","price":1.10}';
		const { messages, written } = await writeAround(`${a}/s`, "PutSecretValue", () =>
			ask("PutSecretValue", { SecretId: `dsta/${a}/s`, SecretString: theirs }),
		);
		expect(written).toMatchObject({ created: false, fields: ["k", "price", "theirs"] });
		expect(await textOf(`${a}/s`)).toBe('{"k":"new","theirs":"new","price":1.10}');
		expect(messages).toEqual([`dsta/${a}/s was changed by somebody else while it was being written`]);
	});

	it("replaces all fields, whoever wrote them", async () => {
		const a = fresh();
		await store(`dsta/${a}/s`, '{"k":"old"}');
		using backend = open();
		await backend.write(`${a}/s`, new Map([["l", "w"]]), { replace: true, signal });
		expect(await valuesOf(backend, `${a}/s/*`)).toEqual([{ l: "w" }]);
	});
});

describe.skipIf(motoAddress() === "")("Keeping texts beside a secret of Secrets Manager", () => {
	it("leaves other tags alone, and takes the secret without the prefix where only that exists", async () => {
		const a = fresh();
		await ask("CreateSecret", {
			Name: `${a}/s`,
			SecretString: "{}",
			Tags: [{ Key: "team", Value: "payments" }],
		});
		using backend = open();
		const { annotations, versions } = backend;
		await annotations?.write(`${a}/s`, new Map([["dsta-run", "state"]]), signal);
		expect(await annotations?.read(`${a}/s`, signal)).toEqual(
			new Map(Object.entries({ team: "payments", "dsta-run": "state" })),
		);
		expect(await versions?.(`${a}/s`, signal)).toMatchObject([{ isCurrent: true }]);
	});

	it("refuses more than AWS keeps, and counts those that go", async () => {
		const secret = `${fresh()}/s`;
		await store(`dsta/${secret}`, "{}");
		using backend = open();
		const write = (changes: readonly (readonly [string, string | undefined])[]) =>
			backend.annotations?.write(secret, new Map(changes), signal) as Promise<void>;
		await write(Array.from({ length: 50 }, (_, index) => [`name${index}`, "text"] as const));
		const error = await failureOf(write([["one", "more"]]));
		expect(error).toMatchObject({ code: "DSTA_CONFIG", path: secret });
		expect(error.message).toBe(`dsta/${secret} would have 51 tags, and AWS keeps 50`);
		await write([
			["one", "more"],
			["name0", undefined],
		]);
		expect((await backend.annotations?.read(secret, signal))?.size).toBe(50);
	});

	it("takes a secret that is scheduled for deletion for absent", async () => {
		const secret = `${fresh()}/s`;
		await store(`dsta/${secret}`, "{}");
		await ask("DeleteSecret", { SecretId: `dsta/${secret}` });
		using backend = open();
		expect(await backend.annotations?.read(secret, signal)).toBeUndefined();
		const writing = backend.annotations?.write(secret, new Map([["a", "1"]]), signal) as Promise<void>;
		expect((await failureOf(writing)).code).toBe("DSTA_NOT_FOUND");
	});
});

describe.skipIf(motoAddress() === "")("Listing Secrets Manager", () => {
	it("names secrets and folders, with the prefix and without it, once each, in order", async () => {
		const a = fresh();
		const names = [
			`dsta/${a}/b`,
			`${a}/b`,
			`${a}/a/x`,
			`dsta/${a}/c/y/z`,
			`dsta/${a}/c/w`,
			`dsta/${a}/`,
			`dsta/${a}`,
			`dsta/${a}x`,
		];
		for (const name of names) await store(name, "text");
		using backend = open();
		expect(await backend.list(a, signal)).toEqual([`${a}/a/`, `${a}/b`, `${a}/c/`]);
		expect(await backend.list(`${a}/c`, signal)).toEqual([`${a}/c/w`, `${a}/c/y/`]);
		const top = await backend.list("", signal);
		expect(top.filter((name) => name.startsWith(a))).toEqual([a, `${a}/`, `${a}x`]);
		expect(top).toEqual([...new Set(top)].sort());
		expect(top).not.toContain("dsta/");
	});

	it("follows all pages", async () => {
		const a = fresh();
		const names = Array.from({ length: 130 }, (_, index) => `${a}/s${String(index).padStart(3, "0")}`);
		await Promise.all(names.map((name) => store(`dsta/${name}`, "text")));
		await using proxy = await startFakeAws(forwardTo(motoAddress()));
		using backend = openBackend(proxy.url);
		expect(await backend.list(a, signal)).toEqual(names);
		expect(proxy.calls.filter(({ input }) => input.NextToken !== undefined).length).toBeGreaterThan(0);
	});
});

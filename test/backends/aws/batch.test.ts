import { describe, expect, it } from "vitest";
import { KEYS, openBackend, readAll, request, valuesOf } from "./backend.ts";
import { answerFrom, batchAnswer, refusal, startFakeAws } from "./fake-aws.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const store = (count: number) =>
	Object.fromEntries(numbers(count).map((n) => [`dsta/app/s${n}`, JSON.stringify({ key: `v${n}` })]));

describe("Reads of one turn", () => {
	it("go out in twenties, and nothing else is asked when the first form serves", async () => {
		await using aws = await startFakeAws(answerFrom(store(45)));
		using backend = openBackend(aws.url);
		const values = await valuesOf(backend, ...numbers(45).map((n) => `app/s${n}/key`));
		expect(values).toEqual(numbers(45).map((n) => `v${n}`));
		expect(aws.calls.map(({ action }) => action)).toEqual(Array(3).fill("BatchGetSecretValue"));
		expect(aws.calls.map(({ input }) => (input.SecretIdList as string[]).length)).toEqual([20, 20, 5]);
	});

	it("ask for a secret once, however many fields are wanted of it", async () => {
		await using aws = await startFakeAws(
			answerFrom({ "dsta/a/b": '{"x":"1","y":"2"}', "dsta/c/d": '{"x":"3"}' }),
		);
		using backend = openBackend(aws.url);
		expect(await valuesOf(backend, "a/b/x", "a/b/y", "a/b#x", "a/b/*", "c/d/x")).toEqual([
			"1",
			"2",
			"1",
			{ x: "1", y: "2" },
			"3",
		]);
		expect(aws.calls.map(({ input }) => input.SecretIdList)).toEqual([["dsta/a/b", "dsta/c/d"]]);
	});

	it("ask in a second wave for all other forms of what is left, and for no name twice", async () => {
		await using aws = await startFakeAws(
			answerFrom({
				"dsta/a/plain": "text",
				"dsta/b/json": '{"k":"first"}',
				"b/json": '{"k":"second"}',
				"c/json": '{"k":"bare"}',
				"dsta/d": "no object",
				"d/k": "bare text",
			}),
		);
		using backend = openBackend(aws.url);
		expect(await valuesOf(backend, "a/plain", "b/json/k", "c/json/k", "d/k", "e/none/k")).toEqual([
			"text",
			"first",
			"bare",
			"bare text",
			undefined,
		]);
		const ids = aws.calls.map(({ input }) => input.SecretIdList as string[]);
		expect(ids).toEqual([
			["dsta/a", "dsta/b/json", "dsta/c/json", "dsta/d", "dsta/e/none"],
			expect.arrayContaining(["dsta/a/plain", "c/json", "d/k", "e/none", "e/none/k"]),
		]);
		expect(new Set(ids.flat()).size).toBe(ids.flat().length);
	});

	it("keep the order of forms: the prefix, then a key, win", async () => {
		await using aws = await startFakeAws(
			answerFrom({ "dsta/a/b/c": "prefixed text", "a/b": '{"c":"bare key"}', "a/b/c": "bare text" }),
		);
		using backend = openBackend(aws.url);
		expect(await valuesOf(backend, "a/b/c", "a/b#c")).toEqual(["prefixed text", "bare key"]);
	});

	it("get along without a batch when there is one name", async () => {
		await using aws = await startFakeAws(answerFrom(store(1)));
		using backend = openBackend(aws.url);
		expect(await valuesOf(backend, "app/s0/key")).toEqual(["v0"]);
		expect(aws.calls.map(({ action }) => action)).toEqual(["GetSecretValue"]);
	});

	it("follow the pages of an answer, even one without a value", async () => {
		await using aws = await startFakeAws(({ input }, count) => {
			if (count === 1) return { body: { SecretValues: [], NextToken: "page 2" } };
			if (input.NextToken === "page 2")
				return { body: { ...batchAnswer(["dsta/app/s0"], store(2)), NextToken: "page 3" } };
			return { body: batchAnswer(["dsta/app/s1"], store(2)) };
		});
		using backend = openBackend(aws.url);
		expect(await valuesOf(backend, "app/s0/key", "app/s1/key")).toEqual(["v0", "v1"]);
		expect(aws.calls.map(({ input }) => input.NextToken)).toEqual([undefined, "page 2", "page 3"]);
	});

	it("ask one by one for what pages without end leave out", async () => {
		await using aws = await startFakeAws((call, count) =>
			call.action === "BatchGetSecretValue"
				? { body: { SecretValues: [], NextToken: "again" } }
				: answerFrom(store(2))(call, count),
		);
		using backend = openBackend(aws.url);
		expect(await valuesOf(backend, "app/s0/key", "app/s1/key")).toEqual(["v0", "v1"]);
		expect(aws.calls.filter(({ action }) => action === "GetSecretValue")).toHaveLength(2);
	});

	it("of different callers share a batch, and one that gives up does not take it from the others", async () => {
		const controller = new AbortController();
		let giving: Promise<unknown> | undefined;
		await using aws = await startFakeAws(async ({ input }) => {
			controller.abort();
			await giving?.catch(() => undefined);
			return { body: batchAnswer(input.SecretIdList as string[], store(2)) };
		});
		using backend = openBackend(aws.url);
		giving = backend.read(request("app/s0/key"), controller.signal);
		const [given, kept] = await Promise.allSettled([
			giving,
			backend.read(request("app/s1/key"), new AbortController().signal),
		]);
		expect(given).toMatchObject({ reason: { code: "DSTA_TIMEOUT" } });
		expect(kept).toMatchObject({ value: { value: "v1" } });
		expect(aws.calls).toHaveLength(1);
	});
});

describe("A batch action that is denied", () => {
	const denyBatches = (secrets: Record<string, string>) =>
		startFakeAws((call, count) =>
			call.action === "BatchGetSecretValue"
				? refusal("AccessDeniedException")
				: answerFrom(secrets)(call, count),
		);

	it("is made up for by single reads, and not tried again in the run", async () => {
		await using aws = await denyBatches(store(30));
		const log: string[] = [];
		using backend = openBackend(aws.url, { log: (level, message) => log.push(`${level}: ${message}`) });
		expect(await valuesOf(backend, "app/s0/key", "app/s1/key")).toEqual(["v0", "v1"]);
		expect(await valuesOf(backend, ...numbers(30).map((n) => `app/s${n}/key`))).toEqual(
			numbers(30).map((n) => `v${n}`),
		);
		const actions = Map.groupBy(aws.calls, ({ action }) => action);
		expect(actions.get("BatchGetSecretValue")).toHaveLength(1);
		expect(actions.get("GetSecretValue")).toHaveLength(32);
		expect(log).toEqual(["debug: AWS refuses BatchGetSecretValue; the secrets are read one by one"]);
	});

	it("is made up for by sixteen reads at once, and no more", async () => {
		const held: (() => void)[] = [];
		let most = 0;
		await using aws = await startFakeAws(async (call, count) => {
			if (call.action === "BatchGetSecretValue") return refusal("AccessDeniedException");
			const released = new Promise<void>((resolve) => held.push(resolve));
			if (held.length === 16) {
				// Time for a seventeenth to come.
				for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
				most = Math.max(most, held.length);
				for (const release of held.splice(0)) release();
			}
			await released;
			return answerFrom(store(64))(call, count) as object;
		});
		using backend = openBackend(aws.url);
		expect(await valuesOf(backend, ...numbers(64).map((n) => `app/s${n}/key`))).toHaveLength(64);
		expect(most).toBe(16);
	});

	it.each([
		["an action unknown to the server", refusal("UnknownOperationException", { status: 404 })],
		["one name that spoils the batch", refusal("ValidationException")],
		["a secret without a value", refusal("ResourceNotFoundException", { status: 404 })],
	])("is no different from %s", async (_what, answer) => {
		await using aws = await startFakeAws((call, count) =>
			call.action === "BatchGetSecretValue" ? answer : answerFrom(store(2))(call, count),
		);
		using backend = openBackend(aws.url);
		expect(await valuesOf(backend, "app/s0/key", "app/s1/key", "app/s2/key")).toEqual([
			"v0",
			"v1",
			undefined,
		]);
	});
});

describe("What cannot share a batch", () => {
	it.each([
		["AWSPREVIOUS", { VersionStage: "AWSPREVIOUS" }],
		["blue", { VersionStage: "blue" }],
		["11111111-2222-3333-4444-555555555555", { VersionId: "11111111-2222-3333-4444-555555555555" }],
	])("is a pinned version: %s", async (version, input) => {
		await using aws = await startFakeAws(answerFrom(store(3)));
		using backend = openBackend(aws.url);
		const { signal } = new AbortController();
		const [pinned] = await Promise.all([
			backend.read(request("app/s0/key", { version }), signal),
			readAll(backend, ["app/s0/key", "app/s1/key"]),
		]);
		expect(pinned?.value).toBe("v0");
		expect(aws.calls.find(({ action }) => action === "GetSecretValue")?.input).toEqual({
			SecretId: "dsta/app/s0",
			...input,
		});
		expect(aws.calls).toHaveLength(2);
	});

	it.each([
		[{ stage: "AWSPENDING" }, 3, { VersionStage: "AWSPENDING" }],
		[{ stage: "1".repeat(32) }, undefined, { VersionStage: "1".repeat(32) }],
		[{ version_id: "1".repeat(32) }, "4", { VersionId: "1".repeat(32) }],
	])(
		"is a version for AWS alone, whatever the one for all is: %j and %j",
		async (overrides, version, input) => {
			await using aws = await startFakeAws(answerFrom(store(1)));
			using backend = openBackend(aws.url);
			const pinned = request("app/s0/key", { overrides, version });
			expect((await backend.read(pinned, new AbortController().signal))?.value).toBe("v0");
			expect(aws.calls.map(({ input }) => input)).toEqual([{ SecretId: "dsta/app/s0", ...input }]);
		},
	);

	it("is another region, which gets requests of its own", async () => {
		await using aws = await startFakeAws(answerFrom(store(4)));
		using backend = openBackend(aws.url);
		const { signal } = new AbortController();
		const overrides = { region: "eu-west-1" };
		await Promise.all([
			readAll(backend, ["app/s0/key", "app/s1/key"]),
			...["app/s0/key", "app/s2/key"].map((path) => backend.read(request(path, { overrides }), signal)),
		]);
		const regions = aws.calls.map(
			({ headers, input }) =>
				[/\/\d{8}\/([\w-]+)\//.exec(headers.authorization ?? "")?.[1], input.SecretIdList] as const,
		);
		expect(Object.fromEntries(regions)).toEqual({
			"us-east-1": ["dsta/app/s0", "dsta/app/s1"],
			"eu-west-1": ["dsta/app/s0", "dsta/app/s2"],
		});
	});

	it("is an ARN, which is asked in the region that it names", async () => {
		const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/db-AbCdEf";
		await using aws = await startFakeAws(answerFrom({ [arn]: '{"password":"p"}' }));
		using backend = openBackend(aws.url);
		const paths = [`${arn}#password`, `${arn}#/password`, `${arn}/*`, arn];
		expect(await valuesOf(backend, ...paths)).toEqual(["p", "p", { password: "p" }, { password: "p" }]);
		expect(aws.calls.map(({ input }) => input)).toEqual([{ SecretId: arn }]);
		expect(aws.calls[0]?.headers.authorization).toContain("/eu-west-1/");
	});

	it.each([3, "3"])("is the version %j, which only Vault can have: nobody is asked", async (version) => {
		await using aws = await startFakeAws(answerFrom(store(1)));
		using backend = openBackend(aws.url);
		const found = await backend.read(request("app/s0/key", { version }), new AbortController().signal);
		expect(found).toBeUndefined();
		expect(aws.calls).toEqual([]);
	});
});

describe("The request", () => {
	it("is signed with the keys of the context, without the newline that files leave", async () => {
		await using aws = await startFakeAws(answerFrom(store(1)));
		const env = {
			...KEYS,
			AWS_ACCESS_KEY_ID: "AKIAOTHER\n",
			AWS_SESSION_TOKEN: "token\n",
			AWS_ENDPOINT_URL: aws.url,
		};
		using backend = openBackend(aws.url, { env });
		expect(await valuesOf(backend, "app/s0/key")).toEqual(["v0"]);
		expect(aws.calls[0]?.headers).toMatchObject({
			authorization: expect.stringContaining("Credential=AKIAOTHER/"),
			"x-amz-security-token": "token",
		});
	});
});

import { describe, expect, it } from "vitest";
import { everythingOf, failureOf, KEYS, openBackend, readAll, request, valuesOf } from "./backend.ts";
import { type Answer, answerFrom, type Call, type FakeAws, refusal, startFakeAws } from "./fake-aws.ts";

const SECRETS = { "dsta/a/b": '{"c":"v1"}', "dsta/d/e": '{"f":"v2"}' };
const { signal } = new AbortController();

const regionOf = ({ headers }: Call) => /\/\d{8}\/([\w-]+)\//.exec(headers.authorization ?? "")?.[1] ?? "";
const idsOf = ({ input }: Call) => input.SecretIdList ?? input.SecretId;
const askedOf = ({ calls }: FakeAws) => calls.map((call) => [regionOf(call), idsOf(call)]);

type Place = (call: Call, count: number) => Answer | "silence" | "hangUp";

/** Two regions at one server, told apart by what a request is signed for. */
function startRegions(places: Readonly<Record<string, Place>>): Promise<FakeAws> {
	return startFakeAws((call, count) => places[regionOf(call)]?.(call, count) as Answer);
}

/** A backend for `one` with a replica in `two`, without retries, and what it warns of. */
function openFor(aws: FakeAws, env: object = {}, settings: object = {}) {
	const warnings: string[] = [];
	const { AWS_REGION: _, ...keys } = KEYS;
	const backend = openBackend("", {
		env: { ...keys, AWS_ENDPOINT_URL: `${aws.url}/{region}`, ...env },
		settings: { regions: ["one", "two"], retries: 0, ...settings },
		log: (level, message) => warnings.push(`${level}: ${message}`),
	});
	return { backend, warnings, [Symbol.dispose]: () => backend.close() };
}

const works = answerFrom(SECRETS) as Place;

describe("A replica in another region", () => {
	it("is not asked while the first region answers, whatever it lacks", async () => {
		await using aws = await startRegions({ one: works });
		using open = openFor(aws);
		expect(await valuesOf(open.backend, "a/b/c", "d/e/f", "x/y#z")).toEqual(["v1", "v2", undefined]);
		expect(new Set(aws.calls.map(regionOf))).toEqual(new Set(["one"]));
		expect(open.warnings).toEqual([]);
		expect(open.backend.description).toMatch(/, then two$/);
	});

	it.each<[string, Place]>([
		["hangs up", () => "hangUp"],
		["fails", () => ({ status: 500 })],
		["throttles", () => refusal("ThrottlingException")],
		["answers what is not AWS's", () => ({ body: "<html></html>" })],
	])("is asked once the first region %s, with one warning that names both", async (_what, fails) => {
		await using aws = await startRegions({ one: fails, two: works });
		using open = openFor(aws);
		const found = await readAll(open.backend, ["a/b/c", "d/e/f", "a/b#none"]);
		expect(found).toMatchObject([
			{ value: "v1", location: "dsta/a/b key c in two" },
			{ value: "v2", location: "dsta/d/e key f in two" },
			undefined,
		]);
		expect(open.warnings).toEqual([
			expect.stringMatching(
				/^warn: AWS Secrets Manager in one is not available \(.+\): two is asked instead$/,
			),
		]);
		// Neither for the other forms of a name nor for later reads.
		expect(await valuesOf(open.backend, "x/y/z", "a/b/c")).toEqual([undefined, "v1"]);
		expect(aws.calls.filter((call) => regionOf(call) === "one")).toHaveLength(1);
		expect(open.warnings).toHaveLength(1);
	});

	it("is asked for what is left, and for no more", async () => {
		const halfWorks: Place = (call, count) => {
			if (call.action === "GetSecretValue") return { status: 500 };
			const { body } = works(call, count) as { body: { SecretValues: { Name: string }[] } };
			const SecretValues = body.SecretValues.filter(({ Name }) => Name === "dsta/a/b");
			return {
				body: { SecretValues, Errors: [{ SecretId: "dsta/d/e", ErrorCode: "InternalServiceError" }] },
			};
		};
		await using aws = await startRegions({ one: halfWorks, two: works });
		using open = openFor(aws);
		expect(await valuesOf(open.backend, "a/b/c", "d/e/f")).toEqual(["v1", "v2"]);
		expect(askedOf(aws)).toEqual([
			["one", ["dsta/a/b", "dsta/d/e"]],
			["one", "dsta/d/e"],
			["two", "dsta/d/e"],
		]);
	});

	it.each<[string, Place, string, RegExp]>([
		["a denial", () => refusal("AccessDeniedException"), "DSTA_DENIED", /AccessDenied/],
		["wrong credentials", () => refusal("UnrecognizedClientException"), "DSTA_DENIED", /does not accept/],
		["a bad request", () => refusal("ValidationException"), "DSTA_CONFIG", /ValidationException/],
	])("is not asked after %s", async (_what, refuses, code, message) => {
		await using aws = await startRegions({ one: refuses });
		using open = openFor(aws);
		const error = await failureOf(open.backend.read(request("a/b/c"), signal));
		expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
		expect(aws.calls.map(regionOf)).toEqual(["one"]);
	});

	it("is named where it is what refuses", async () => {
		await using aws = await startRegions({
			one: () => "hangUp",
			two: () => refusal("AccessDeniedException"),
		});
		using open = openFor(aws);
		const error = await failureOf(open.backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_DENIED");
		expect(error.cure).toContain("arn:aws:secretsmanager:two:*:secret:dsta/a/b-");
	});

	it("makes AWS unavailable when it is not available either", async () => {
		await using aws = await startRegions({ one: () => "hangUp", two: () => ({ status: 503 }) });
		using open = openFor(aws);
		const error = await failureOf(open.backend.read(request("a/b/c"), signal));
		expect(error).toMatchObject({ code: "DSTA_UNAVAILABLE", message: expect.stringContaining("HTTP 503") });
		expect(everythingOf(error)).not.toContain("sentinel");
	});

	it("has half of the time that is left when the first region is silent", async () => {
		await using aws = await startRegions({ one: () => "silence", two: works });
		using open = openFor(aws, {}, { timeoutMs: 400 });
		const start = performance.now();
		expect(await valuesOf(open.backend, "a/b/c")).toEqual(["v1"]);
		expect(performance.now() - start).toBeGreaterThan(190);
		expect(open.warnings).toEqual([expect.stringContaining("no answer in time")]);
	});

	it.each<[string, object, readonly string[]]>([
		["the map's order counts without one", {}, ["one", "two"]],
		["one that the map names comes first", { AWS_REGION: "two" }, ["two", "one"]],
		["another one has no replica", { AWS_REGION: "three" }, ["one", "two"]],
		["AWS_DEFAULT_REGION counts as well", { AWS_DEFAULT_REGION: "two" }, ["two", "one"]],
	])("is asked in the order that the environment's region gives: %s", async (_what, env, order) => {
		await using aws = await startRegions({ one: () => "hangUp", two: () => "hangUp" });
		using open = openFor(aws, env);
		await failureOf(open.backend.read(request("a/b/c"), signal));
		expect(aws.calls.map(regionOf)).toEqual(order);
		expect(aws.calls.map(({ path }) => path)).toEqual(order.map((region) => `/${region}/`));
	});

	it("is not asked at an endpoint of the environment that is the same for all", async () => {
		await using aws = await startRegions({ one: () => "hangUp" });
		using open = openFor(aws, { AWS_ENDPOINT_URL: aws.url });
		expect((await failureOf(open.backend.read(request("a/b/c"), signal))).code).toBe("DSTA_UNAVAILABLE");
		expect(aws.calls.map(regionOf)).toEqual(["one"]);
	});

	it.each([
		["to the first of the list, whichever the environment names", "/{region}", "one"],
		["to the environment's region where its endpoint is the same for all", "", "two"],
	])("takes no writes, which go %s", async (_what, path, region) => {
		await using aws = await startRegions({
			[region]: ({ action }) =>
				action === "GetSecretValue" ? refusal("ResourceNotFoundException") : { body: { VersionId: "v1" } },
		});
		using open = openFor(aws, { AWS_REGION: "two", AWS_ENDPOINT_URL: `${aws.url}${path}` });
		await open.backend.write("a/b", new Map([["c", "v1"]]), { replace: false, signal });
		expect(aws.calls.at(-1)?.action).toBe("CreateSecret");
		expect(new Set(aws.calls.map(regionOf))).toEqual(new Set([region]));
	});

	it("is not named where the first region refuses a write", async () => {
		await using aws = await startRegions({ one: () => refusal("AccessDeniedException") });
		using open = openFor(aws, { AWS_REGION: "two" });
		const write = open.backend.write("a/b", new Map([["c", "v1"]]), { replace: false, signal });
		const error = await failureOf(write);
		expect(error.cure).toContain("arn:aws:secretsmanager:one:*:secret:dsta/a/b-");
	});

	it("is not asked for what names its region: an entry, or an ARN", async () => {
		await using aws = await startRegions({ one: () => "hangUp", two: works });
		using open = openFor(aws);
		const arn = "arn:aws:secretsmanager:one:123456789012:secret:dsta/a/b-AbCdEf";
		const reads = [
			request(`${arn}#c`),
			request("a/b/c", { overrides: { region: "one" } }),
			request("a/b/c"),
		].map((one) => open.backend.read(one, signal));
		expect(await Promise.allSettled(reads)).toMatchObject([
			{ reason: { code: "DSTA_UNAVAILABLE" } },
			{ reason: { code: "DSTA_UNAVAILABLE" } },
			{ value: { value: "v1" } },
		]);
	});

	it("must have a name that a region can have, and nobody is asked before", async () => {
		await using aws = await startRegions({});
		using open = openFor(aws, {}, { regions: ["one", "no region"] });
		const error = await failureOf(open.backend.read(request("a/b/c"), signal));
		expect(error).toMatchObject({ code: "DSTA_CONFIG", message: '"no region" is no AWS region' });
		expect(aws.calls).toEqual([]);
	});
});

import { describe, expect, it } from "vitest";
import type { DstaError } from "../../../src/errors.ts";
import { everythingOf, failureOf, openBackend } from "./backend.ts";
import { type Answer, type Program, refusal, startFakeAws } from "./fake-aws.ts";

const { signal } = new AbortController();
const FIELDS = new Map([["k", "sentinel-value"]]);
const ABSENT = refusal("ResourceNotFoundException");
const DENIED = refusal("AccessDeniedException");
const DONE: Answer = { body: { VersionId: "v1" } };

/** A server with one answer per action; what is not named is done. */
function answering(answers: Readonly<Record<string, Answer>>): Program {
	return ({ action, input }) => answers[`${action} ${input.SecretId}`] ?? answers[action] ?? DONE;
}

async function failureOfWrite(answers: Readonly<Record<string, Answer>>): Promise<DstaError> {
	await using aws = await startFakeAws(answering(answers));
	using backend = openBackend(aws.url);
	const error = await failureOf(backend.write("a/b", FIELDS, { replace: false, signal }));
	expect(everythingOf(error)).not.toContain("sentinel");
	expect(error).toMatchObject({ backend: "aws", path: "a/b" });
	return error;
}

describe("Writing", () => {
	it.each([
		["read", { GetSecretValue: DENIED }, "GetSecretValue"],
		["make", { GetSecretValue: ABSENT, CreateSecret: DENIED }, "CreateSecret"],
		[
			"change",
			{ GetSecretValue: { body: { SecretString: "{}" } }, PutSecretValue: DENIED },
			"PutSecretValue",
		],
	])("denied to %s a secret names the statement that is missing", async (_what, answers, action) => {
		const error = await failureOfWrite(answers);
		expect(error.code).toBe("DSTA_DENIED");
		expect(error.message).toMatch(
			new RegExp(`^Permission denied: AWS refused secretsmanager:${action} on dsta/a/b `),
		);
		expect(error.cure).toContain(`"Action":"secretsmanager:${action}"`);
	});

	it("gives up on a secret that keeps coming and going", async () => {
		const error = await failureOfWrite({
			GetSecretValue: ABSENT,
			CreateSecret: refusal("ResourceExistsException"),
			PutSecretValue: ABSENT,
		});
		expect(error.code).toBe("DSTA_CONFLICT");
	});

	it("merges into what somebody else created in between", async () => {
		let isThere = false;
		await using aws = await startFakeAws(({ action, input }) => {
			if (action === "GetSecretValue" && input.SecretId === "dsta/a/b" && isThere)
				return { body: { SecretString: '{"theirs":"1"}' } };
			if (action === "GetSecretValue") return ABSENT;
			if (action === "PutSecretValue") return DONE;
			isThere = true;
			return refusal("ResourceExistsException");
		});
		using backend = openBackend(aws.url);
		const written = await backend.write("a/b", FIELDS, { replace: false, signal });
		expect(written).toMatchObject({ created: false, fields: ["k", "theirs"] });
	});

	it("does without the right to read names that lack the prefix", async () => {
		await using aws = await startFakeAws(
			answering({ "GetSecretValue dsta/a/b": ABSENT, "GetSecretValue a/b": DENIED }),
		);
		using backend = openBackend(aws.url);
		const written = await backend.write("a/b", FIELDS, { replace: false, signal });
		expect(written).toEqual({ location: "dsta/a/b", version: "v1", created: true, fields: ["k"] });
		expect(aws.calls.at(-1)).toMatchObject({
			action: "CreateSecret",
			input: {
				Name: "dsta/a/b",
				SecretString: '{"k":"sentinel-value"}',
				ClientRequestToken: expect.any(String),
			},
		});
	});

	it.each([
		["spaces", "a b/c d", "dsta/a b/c d"],
		["letters that are not ASCII", "a/ключ", "dsta/a/ключ"],
		["too many letters", "x".repeat(508), `dsta/${"x".repeat(508)}`],
	])("refuses a name with %s, which AWS does not allow, and asks nobody", async (_what, path, name) => {
		await using aws = await startFakeAws(() => DONE);
		using backend = openBackend(aws.url);
		const error = await failureOf(backend.write(path, FIELDS, { replace: false, signal }));
		expect(error).toMatchObject({ code: "DSTA_CONFIG", path, backend: "aws" });
		expect(error.message).toBe(`AWS allows no secret of the name ${name}`);
		expect(error.cure).toContain("/ _ + = . @ -");
		expect(aws.calls).toEqual([]);
	});

	it("changes a secret by its ARN, and creates none by it", async () => {
		const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/db-AbCdEf";
		let isThere = true;
		await using aws = await startFakeAws(({ action }) => {
			if (action !== "GetSecretValue") return DONE;
			return isThere ? { body: { SecretString: '{"a":"1"}', VersionId: "v0" } } : ABSENT;
		});
		using backend = openBackend(aws.url);
		const written = await backend.write(arn, FIELDS, { replace: false, signal });
		expect(written).toMatchObject({ location: arn, created: false, fields: ["a", "k"] });
		expect(new Set(aws.calls.map(({ input }) => input.SecretId))).toEqual(new Set([arn]));
		expect(aws.calls[0]?.headers.authorization).toContain("/eu-west-1/");
		isThere = false;
		const error = await failureOf(backend.write(arn, FIELDS, { replace: false, signal }));
		expect(error).toMatchObject({ code: "DSTA_CONFIG", cure: expect.stringContaining("by its name") });
		expect(aws.calls.map(({ action }) => action)).not.toContain("CreateSecret");
	});

	it("ends at the signal", async () => {
		const controller = new AbortController();
		await using aws = await startFakeAws(() => {
			controller.abort();
			return "silence";
		});
		using backend = openBackend(aws.url);
		const error = await failureOf(
			backend.write("a/b", FIELDS, { replace: false, signal: controller.signal }),
		);
		expect(error.code).toBe("DSTA_TIMEOUT");
	});
});

describe("Keeping texts beside a secret", () => {
	const DESCRIBED: Answer = { body: { Name: "dsta/a/b", Tags: [{ Key: "gone", Value: "soon" }] } };

	it.each<[string, Readonly<Record<string, Answer>>]>([
		["DescribeSecret", { DescribeSecret: DENIED }],
		["TagResource", { DescribeSecret: DESCRIBED, TagResource: DENIED }],
		["UntagResource", { DescribeSecret: DESCRIBED, UntagResource: DENIED }],
		["ListSecretVersionIds", { ListSecretVersionIds: DENIED }],
	])("denied %s names the statement that is missing", async (action, answers) => {
		await using aws = await startFakeAws(answering(answers));
		using backend = openBackend(aws.url);
		const changes = new Map([
			["a", "1"],
			["gone", undefined],
		]);
		const acting =
			action === "ListSecretVersionIds"
				? backend.versions?.("a/b", signal)
				: backend.annotations?.write("a/b", changes, signal);
		const error = await failureOf(acting as Promise<unknown>);
		expect(error).toMatchObject({ code: "DSTA_DENIED", path: "a/b" });
		expect(error.message).toMatch(new RegExp(`AWS refused secretsmanager:${action} on dsta/a/b `));
		expect(error.cure).toContain(`"Action":"secretsmanager:${action}"`);
	});

	it("follows all pages of versions, and takes no answer of another kind for one", async () => {
		const page = (VersionId: string, more: object = {}): Answer => ({
			body: { Versions: [{ VersionId, VersionStages: ["own"], CreatedDate: VersionId.length }], ...more },
		});
		await using aws = await startFakeAws(({ input: { NextToken, SecretId } }) => {
			if (SecretId !== "dsta/a/b") return { body: "[]" };
			return NextToken === undefined ? page("v1", { NextToken: "more" }) : page("longer");
		});
		using backend = openBackend(aws.url);
		expect(await backend.versions?.("a/b", signal)).toMatchObject([{ version: "longer" }, { version: "v1" }]);
		const error = await failureOf(backend.versions?.("c/d", signal) as Promise<unknown>);
		expect(error.code).toBe("DSTA_UNAVAILABLE");
	});
});

describe("Listing", () => {
	it("denied names the statement that is missing, which is for all names", async () => {
		await using aws = await startFakeAws(() => DENIED);
		using backend = openBackend(aws.url);
		const error = await failureOf(backend.list("a", signal));
		expect(error.code).toBe("DSTA_DENIED");
		expect(error.message).toMatch(/^Permission denied: AWS refused secretsmanager:ListSecrets /);
		expect(error.cure).toContain('{"Effect":"Allow","Action":"secretsmanager:ListSecrets","Resource":"*"}');
	});
});

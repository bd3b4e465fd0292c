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

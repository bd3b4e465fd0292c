import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Overrides } from "../../../src/backends/backend.ts";
import { signalAfter } from "../../../src/backends/deadline.ts";
import type { DstaError } from "../../../src/errors.ts";
import {
	everythingOf,
	failureOf,
	KEYS,
	openBackend,
	readAll,
	request,
	SENTINELS,
	valuesOf,
} from "./backend.ts";
import { type Answer, answerFrom, type Program, refusal, startFakeAws } from "./fake-aws.ts";

const { signal } = new AbortController();
const SECRETS = { "dsta/a/b": '{"c":"v1"}', "dsta/d/e": '{"f":"v2"}' };

async function failureAt(program: Program): Promise<DstaError> {
	await using aws = await startFakeAws(program);
	using backend = openBackend(aws.url);
	const error = await failureOf(backend.read(request("a/b/c"), signal));
	for (const sentinel of Object.values(SENTINELS)) expect(everythingOf(error)).not.toContain(sentinel);
	expect(error.backend).toBe("aws");
	expect(error.path).toBe("a/b/c");
	return error;
}

const CALLER = "arn:aws:sts::123456789012:assumed-role/app/i-0123";
const KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";

describe("What AWS says to one read", () => {
	it.each<[string, Answer, string, RegExp, RegExp]>([
		[
			"access denied",
			refusal("AccessDeniedException"),
			"DSTA_DENIED",
			/^Permission denied: AWS refused secretsmanager:GetSecretValue on dsta\/a\/b /,
			/"Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:us-east-1:\*:secret:dsta\/a\/b-\?{6}"/,
		],
		[
			"access denied, and who is denied it",
			refusal("AccessDeniedException", {
				message: `User: ${CALLER} is not authorized to perform: secretsmanager:GetSecretValue on resource: sentinel-message`,
			}),
			"DSTA_DENIED",
			/^Permission denied: AWS refused secretsmanager:GetSecretValue on dsta\/a\/b /,
			new RegExp(`to the policy of ${CALLER}: \\{"Effect":"Allow"`),
		],
		[
			"a KMS key that may not be used, and which",
			refusal("AccessDeniedException", {
				message: `User: ${CALLER} is not authorized to perform: kms:Decrypt on resource: ${KEY} sentinel-message`,
			}),
			"DSTA_DENIED",
			new RegExp(`^Permission denied: the KMS key of dsta/a/b .* kms:Decrypt on ${KEY} failed `),
			new RegExp(`allow ${CALLER} to use it: .*"Resource":"${KEY}"`),
		],
		[
			"a KMS key that may not be used",
			refusal("AccessDeniedException", { message: "Access to KMS is not allowed" }),
			"DSTA_DENIED",
			/^Permission denied: the KMS key of dsta\/a\/b /,
			/"kms:Decrypt"/,
		],
		[
			"a KMS key that fails",
			refusal("DecryptionFailure"),
			"DSTA_DENIED",
			/^Permission denied: the KMS key/,
			/describe-secret/,
		],
		[
			"unknown keys",
			refusal("UnrecognizedClientException"),
			"DSTA_DENIED",
			/^Permission denied: AWS does not accept the credentials/,
			/get-caller-identity/,
		],
		[
			"an expired token",
			refusal("ExpiredTokenException"),
			"DSTA_DENIED",
			/ExpiredTokenException\)$/,
			/AWS_SESSION_TOKEN/,
		],
		["a wrong signature", refusal("InvalidSignatureException"), "DSTA_DENIED", /^Permission denied/, /clock/],
		[
			"an unknown key id",
			refusal("InvalidClientTokenId", { status: 403 }),
			"DSTA_DENIED",
			/^Permission denied/,
			/mistyped/,
		],
		[
			"403 without a name",
			{ status: 403, body: {} },
			"DSTA_DENIED",
			/^Permission denied/,
			/credentials|new ones/,
		],
		[
			"a bad parameter",
			refusal("InvalidParameterException"),
			"DSTA_CONFIG",
			/InvalidParameterException/,
			/aws:/,
		],
		[
			"a bad request",
			refusal("ValidationException"),
			"DSTA_CONFIG",
			/for dsta\/a\/b wrong: ValidationException/,
			/region/,
		],
		[
			"200 with HTML",
			{ body: "<html>sentinel-message</html>" },
			"DSTA_UNAVAILABLE",
			/HTTP 200 with an answer that is not AWS's/,
			/network/,
		],
		[
			"a redirect",
			{ status: 302, headers: { Location: "http://127.0.0.1:9/" } },
			"DSTA_UNAVAILABLE",
			/HTTP 302/,
			/network/,
		],
		["an error name that is none", refusal("sentinel-message"), "DSTA_CONFIG", /UnknownError/, /aws:/],
	])("%s", async (_what, answer, code, message, cure) => {
		const error = await failureAt(() => answer);
		expect(error.code).toBe(code);
		expect(error.message).toMatch(message);
		expect(error.cure).toMatch(cure);
	});

	it.each([
		["500", { status: 500, body: {} }, /HTTP 500/],
		["503 of a proxy", { status: 503, body: "<html>sentinel-message</html>" }, /HTTP 503/],
		["an internal error", refusal("InternalServiceError", { status: 500 }), /HTTP 500/],
	])("%s for ever is asked three times, then AWS is not available", async (_what, answer, message) => {
		let count = 0;
		const error = await failureAt((_call, calls) => {
			count = calls;
			return answer;
		});
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toMatch(/^AWS Secrets Manager not available: /);
		expect(error.message).toMatch(message);
		expect(error.cure).toContain("chain: [vault, env]");
		expect(count).toBe(3);
	});

	it("throttling for ever makes it unavailable", async () => {
		const error = await failureAt(() => refusal("ThrottlingException"));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toContain("throttled (ThrottlingException)");
	});

	it.each([
		["throttling", refusal("ThrottlingException")],
		["an internal error", refusal("InternalServiceError", { status: 500 })],
		["502 of a proxy", { status: 502, body: "<html></html>" }],
		["a connection that is cut", "hangUp" as const],
	])("%s, then an answer: the answer counts", async (_what, first) => {
		await using aws = await startFakeAws((call, count) =>
			count === 1 ? first : answerFrom(SECRETS)(call, count),
		);
		using backend = openBackend(aws.url);
		expect(await valuesOf(backend, "a/b/c", "d/e/f")).toEqual(["v1", "v2"]);
		expect(aws.calls).toHaveLength(2);
	});

	it.each([
		["denied", refusal("ExpiredTokenException")],
		["wrong", refusal("ValidationException")],
	])("what is %s is not asked again", async (_what, answer) => {
		let count = 0;
		await failureAt((_call, calls) => {
			count = calls;
			return answer;
		});
		expect(count).toBe(1);
	});

	it.each<[string, object, Overrides, number]>([
		["three times where nobody says", {}, {}, 3],
		["once where the map wants no retry", {}, { retries: 0 }, 1],
		["once more than the map's retries", {}, { retries: 1 }, 2],
		[
			"as often as AWS_MAX_ATTEMPTS says, whatever the map does",
			{ AWS_MAX_ATTEMPTS: "1" },
			{ retries: 2 },
			1,
		],
	])("what fails is asked %s", async (_what, env, settings, count) => {
		await using aws = await startFakeAws(() => ({ status: 500 }));
		using backend = openBackend(aws.url, { env: { ...KEYS, AWS_ENDPOINT_URL: aws.url, ...env }, settings });
		expect((await failureOf(backend.read(request("a/b/c"), signal))).code).toBe("DSTA_UNAVAILABLE");
		expect(aws.calls).toHaveLength(count);
	});

	it.each([
		[{ AWS_MAX_ATTEMPTS: "0" }, "AWS_MAX_ATTEMPTS is no whole number from 1"],
		[{ AWS_MAX_ATTEMPTS: "many" }, "AWS_MAX_ATTEMPTS is no whole number from 1"],
		[{ AWS_RETRY_MODE: "eager" }, "AWS_RETRY_MODE is no mode of retrying"],
	])("retries that cannot be are a mistake, and nobody is asked: %j", async (env, message) => {
		await using aws = await startFakeAws(answerFrom(SECRETS));
		using backend = openBackend(aws.url, { env: { ...KEYS, AWS_ENDPOINT_URL: aws.url, ...env } });
		const error = await failureOf(backend.read(request("a/b/c"), signal));
		expect(error).toMatchObject({ code: "DSTA_CONFIG", message });
		expect(aws.calls).toEqual([]);
	});

	it.each<[string, object, Overrides, RegExp]>([
		["standard, without a word", {}, {}, / m\/(?:\w,)*E\b/],
		["the map's", {}, { retry_mode: "adaptive" }, / m\/(?:\w,)*F\b/],
		["the environment's", { AWS_RETRY_MODE: "standard" }, { retry_mode: "adaptive" }, / m\/(?:\w,)*E\b/],
	])("the mode of retrying is %s", async (_what, env, settings, mark) => {
		await using aws = await startFakeAws(answerFrom(SECRETS));
		using backend = openBackend(aws.url, { env: { ...KEYS, AWS_ENDPOINT_URL: aws.url, ...env }, settings });
		await valuesOf(backend, "a/b/c");
		expect(aws.calls[0]?.headers["user-agent"]).toMatch(mark);
	});

	it("throttling in the adaptive mode slows down what follows, but not beyond the signal", async () => {
		const controller = new AbortController();
		await using aws = await startFakeAws(() => {
			// The next request may go out 0.9 seconds later at the earliest.
			setTimeout(() => controller.abort(), 400);
			return refusal("ThrottlingException");
		});
		using backend = openBackend(aws.url, { settings: { retry_mode: "adaptive" } });
		expect((await failureOf(backend.read(request("a/b/c"), controller.signal))).code).toBe("DSTA_TIMEOUT");
		expect(aws.calls).toHaveLength(1);
	});

	it("retries for ever do not outlive the signal", async () => {
		const controller = new AbortController();
		await using aws = await startFakeAws((_call, count) => {
			if (count === 2) controller.abort();
			return { status: 503, headers: { "Retry-After": "86400" } };
		});
		using backend = openBackend(aws.url, { settings: { retries: 10 } });
		expect((await failureOf(backend.read(request("a/b/c"), controller.signal))).code).toBe("DSTA_TIMEOUT");
		expect(aws.calls).toHaveLength(2);
	});

	it("an answer over 10 MiB makes it unavailable", async () => {
		const body = JSON.stringify({ Name: "dsta/a/b", SecretString: "x".repeat(11 * 1024 * 1024) });
		const error = await failureAt(() => ({ body }));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toContain("over 10 MiB");
	});

	it("an answer that is compressed unasked makes it unavailable, however large it would be", async () => {
		const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024));
		const error = await failureAt(() => ({ body: bomb, headers: { "Content-Encoding": "gzip" } }));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toContain("an answer that is not AWS's");
	});

	it("an answer that stops in the middle is waited for until the signal", async () => {
		const controller = new AbortController();
		await using aws = await startFakeAws(() => {
			setTimeout(() => controller.abort(), 100);
			return { body: '{"Name":"dst', headers: { "Content-Length": "1000" } };
		});
		using backend = openBackend(aws.url);
		const error = await failureOf(backend.read(request("a/b/c"), controller.signal));
		expect(error).toMatchObject({
			code: "DSTA_TIMEOUT",
			message: expect.stringContaining("no answer in time"),
		});
	});

	it.each([
		["64 KiB long", JSON.stringify({ c: "x".repeat(65_529) }), "x".repeat(65_529)],
		["one with a key twice, of which the last counts", '{"c":"1","c":"2"}', "2"],
	])("a secret may be %s", async (_what, text, value) => {
		await using aws = await startFakeAws(answerFrom({ "dsta/a/b": text }));
		using backend = openBackend(aws.url);
		expect(await valuesOf(backend, "a/b/c")).toEqual([value]);
	});

	it("credentials that expire between two waves are a denial, of what was not found before", async () => {
		await using aws = await startFakeAws((call, count) =>
			call.action === "BatchGetSecretValue" && count === 1
				? answerFrom(SECRETS)(call, count)
				: refusal("ExpiredTokenException"),
		);
		using backend = openBackend(aws.url);
		const [found, left] = await Promise.allSettled(
			["a/b/c", "x/y/z"].map((path) => backend.read(request(path), signal)),
		);
		expect(found).toMatchObject({ value: { value: "v1" } });
		expect(left).toMatchObject({ reason: { code: "DSTA_DENIED", path: "x/y/z" } });
	});

	it("an answer that is cut short makes it unavailable", async () => {
		const error = await failureAt(() => ({
			body: '{"Name":"dst',
			headers: { "Content-Length": "1000", Connection: "close" },
		}));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
	});
});

describe("An attempt to read that gets no answer", () => {
	const silentAt = (...counts: number[]) =>
		startFakeAws((call, count) => (counts.includes(count) ? "silence" : answerFrom(SECRETS)(call, count)));

	it.each<[string, Overrides, number]>([
		["for as long as the map says", { attemptTimeoutMs: 100 }, 20_000],
		["for half of the time that is left, where it says nothing", {}, 2_000],
	])("%s is made again", async (_what, settings, leftMs) => {
		await using aws = await silentAt(1);
		using backend = openBackend(aws.url, { settings });
		const found = await backend.read(request("a/b/c"), signalAfter(leftMs));
		expect(found).toMatchObject({ value: "v1" });
		expect(aws.calls).toHaveLength(2);
	});

	it("in the end is told as what it is", async () => {
		await using aws = await silentAt(1, 2);
		using backend = openBackend(aws.url, { settings: { attemptTimeoutMs: 50, retries: 1 } });
		const error = await failureOf(backend.read(request("a/b/c"), signalAfter(20_000)));
		expect(error).toMatchObject({
			code: "DSTA_TIMEOUT",
			message: `AWS Secrets Manager not available: no answer in time (${aws.url})`,
			cure: expect.stringContaining("aws.attempt_timeout"),
		});
		expect(aws.calls).toHaveLength(2);
	});

	it("takes all the time that is left when it is the last one", async () => {
		await using aws = await startFakeAws(async (call, count) => {
			await new Promise((resolve) => setTimeout(resolve, 1_200));
			return answerFrom(SECRETS)(call, count) as Answer;
		});
		using backend = openBackend(aws.url, { settings: { retries: 0 } });
		expect(await backend.read(request("a/b/c"), signalAfter(2_000))).toMatchObject({ value: "v1" });
		expect(aws.calls).toHaveLength(1);
	});

	it.each(["CreateSecret", "PutSecretValue"])("is one to read: %s is waited for", async (action) => {
		await using aws = await startFakeAws(async (call) => {
			if (call.action === action) {
				await new Promise((resolve) => setTimeout(resolve, 300));
				return { body: { VersionId: "v1" } };
			}
			return action === "CreateSecret"
				? refusal("ResourceNotFoundException")
				: { body: { SecretString: "{}" } };
		});
		using backend = openBackend(aws.url, { settings: { attemptTimeoutMs: 150 } });
		await backend.write("a/b", new Map([["c", "v"]]), { replace: false, signal: signalAfter(20_000) });
		expect(aws.calls.filter((call) => call.action === action)).toHaveLength(1);
	});
});

describe("A clock that is wrong", () => {
	const dateOf = (offsetMs: number) => ({ Date: new Date(Date.now() + offsetMs).toUTCString() });
	const HOURS = 3_600_000;

	it.each(["RequestTimeTooSkewed", "InvalidSignatureException", "SignatureDoesNotMatch"])(
		"is made up for by the time of the answer: %s",
		async (name) => {
			await using aws = await startFakeAws((call, count) =>
				count === 1
					? { ...refusal(name, { status: 403 }), headers: dateOf(3 * HOURS) }
					: answerFrom(SECRETS)(call, count),
			);
			using backend = openBackend(aws.url);
			expect(await valuesOf(backend, "a/b/c")).toEqual(["v1"]);
			const signed = aws.calls.map(({ headers }) => Date.parse(isoOf(String(headers["x-amz-date"]))));
			expect((signed[1] as number) - (signed[0] as number)).toBeGreaterThan(2.9 * HOURS);
		},
	);

	it.each([
		["RequestTimeTooSkewed", 3 * HOURS + 90_000, "3 hours behind that of AWS"],
		["RequestExpired", -72 * HOURS, "3 days ahead of that of AWS"],
		["InvalidSignatureException", 17 * 60_000, "17 minutes behind that of AWS"],
	])("is told, and by how much, where AWS refuses for good: %s", async (name, offsetMs, words) => {
		const error = await failureAt(() => ({ ...refusal(name), headers: dateOf(offsetMs) }));
		expect(error).toMatchObject({
			code: "DSTA_DENIED",
			message: expect.stringContaining(`, and the clock of this host is ${words} (`),
			cure: expect.stringMatching(/^Set the clock /),
		});
	});

	it.each<[string, Record<string, string>]>([
		["the difference is small", dateOf(60_000)],
		["the answer comes out of a cache", { ...dateOf(-3 * HOURS), Age: "10800" }],
		["the time is none", { Date: "sentinel" }],
	])("is not to blame where %s", async (_what, headers) => {
		const error = await failureAt(() => ({ ...refusal("InvalidSignatureException"), headers }));
		expect(error.message).not.toMatch(/behind|ahead/);
	});

	const isoOf = (stamp: string) =>
		stamp.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, "$1-$2-$3T$4:$5:$6Z");
});

describe("An answer that is not AWS's", () => {
	const VALUELESS: readonly [string, unknown][] = [
		["an empty object", {}],
		["a list", []],
		["null", "null"],
		["nothing", ""],
		["an object of somebody else", { status: "sentinel-message" }],
		["a text that is a number", { SecretString: 5 }],
		["a text that is an object", { SecretString: { c: "sentinel-message" } }],
		["a text that is null", { SecretString: null }],
		["bytes that are a number", { SecretBinary: 5 }],
		["a version that is an object", { SecretString: '{"c":"sentinel-message"}', VersionId: {} }],
	];
	const SAYS_SO = /^AWS Secrets Manager not available: HTTP 200 with an answer that is not AWS's/;

	it.each(VALUELESS)("to a read, %s, makes it unavailable", async (_what, body) => {
		const error = await failureAt(() => ({ body }));
		expect(error).toMatchObject({ code: "DSTA_UNAVAILABLE", message: expect.stringMatching(SAYS_SO) });
	});

	it.each([
		...VALUELESS,
		["lists that are none", { SecretValues: {}, Errors: 5 }],
		["lists of null", { SecretValues: [null], Errors: [null] }],
		["lists of texts", { SecretValues: ["sentinel-message"], Errors: ["sentinel-message"] }],
		[
			"secrets without a value",
			{ SecretValues: [{ Name: "dsta/a/b" }, { Name: "dsta/d/e", SecretString: 5 }] },
		],
		[
			"names and codes that are none",
			{ SecretValues: [{ Name: {} }], Errors: [{ SecretId: 5, ErrorCode: [] }] },
		],
		["a next page that is none", { SecretValues: [], Errors: [], NextToken: {} }],
	])("to a batch, %s, makes it unavailable", async (_what, body) => {
		await using aws = await startFakeAws(() => ({ body }));
		using backend = openBackend(aws.url);
		const reads = ["a/b/c", "d/e/f"].map((path) => failureOf(backend.read(request(path), signal)));
		for (const error of await Promise.all(reads)) {
			expect(error).toMatchObject({ code: "DSTA_UNAVAILABLE", message: expect.stringMatching(SAYS_SO) });
			expect(everythingOf(error)).not.toContain("sentinel");
		}
	});

	it.each([
		...VALUELESS,
		["a list that is none", { SecretList: {} }],
		["a list of null", { SecretList: [null] }],
		["names that are none", { SecretList: [{ Name: 5 }, {}] }],
		["a next page that is none", { SecretList: [], NextToken: {} }],
	])("to a listing, %s, makes it unavailable", async (_what, body) => {
		await using aws = await startFakeAws(() => ({ body }));
		using backend = openBackend(aws.url);
		const error = await failureOf(backend.list("a", signal));
		expect(error).toMatchObject({ code: "DSTA_UNAVAILABLE", message: expect.stringMatching(SAYS_SO) });
		expect(everythingOf(error)).not.toContain("sentinel");
	});

	it.each(["CreateSecret", "PutSecretValue"])("to %s is no success", async (action) => {
		await using aws = await startFakeAws((call) => {
			if (call.action === action) return { body: {} };
			return action === "CreateSecret"
				? refusal("ResourceNotFoundException")
				: { body: { SecretString: "{}", VersionId: "v1" } };
		});
		using backend = openBackend(aws.url);
		const error = await failureOf(backend.write("a/b", new Map([["c", "v"]]), { replace: false, signal }));
		expect(error).toMatchObject({ code: "DSTA_UNAVAILABLE", message: expect.stringMatching(SAYS_SO) });
	});
});

describe("What AWS says to one of several names", () => {
	const withError = (ErrorCode: string, Message = "sentinel-message"): Program => {
		return (call, count) => {
			if (call.action !== "BatchGetSecretValue") return refusal(ErrorCode, { message: Message });
			const { body } = answerFrom(SECRETS)(call, count) as { body: { Errors: object[] } };
			const denied = (call.input.SecretIdList as string[]).filter((id) => !Object.hasOwn(SECRETS, id));
			return { body: { ...body, Errors: denied.map((SecretId) => ({ SecretId, ErrorCode, Message })) } };
		};
	};

	it.each<[string, string, RegExp, string?]>([
		["AccessDeniedException", "DSTA_DENIED", /^Permission denied: .* on dsta\/x\/y /],
		["DecryptionFailure", "DSTA_DENIED", /^Permission denied: the KMS key of dsta\/x\/y /],
		[
			"AccessDeniedException",
			"DSTA_DENIED",
			new RegExp(`kms:Decrypt on ${KEY} failed`),
			`Access to KMS ${KEY}`,
		],
		["InternalServiceError", "DSTA_UNAVAILABLE", /InternalServiceError/],
	])(
		"%s is that name's alone: the others are found",
		async (name, code, message, said = "sentinel-message") => {
			await using aws = await startFakeAws(withError(name, said));
			using backend = openBackend(aws.url);
			const [one, two, bad] = await Promise.allSettled(
				["a/b/c", "d/e/f", "x/y#z"].map((path) => backend.read(request(path), signal)),
			);
			expect([one, two]).toMatchObject([{ value: { value: "v1" } }, { value: { value: "v2" } }]);
			expect(bad).toMatchObject({ reason: { code, path: "x/y#z", message: expect.stringMatching(message) } });
			expect(everythingOf((bad as PromiseRejectedResult).reason)).not.toContain("sentinel");
		},
	);

	it.each(["ThrottlingException", "InternalServiceError"])("%s is asked again, alone", async (name) => {
		await using aws = await startFakeAws((call, count) => {
			if (call.action !== "BatchGetSecretValue") return answerFrom(SECRETS)(call, count);
			return {
				body: {
					SecretValues: [],
					Errors: [
						{ SecretId: "dsta/a/b", ErrorCode: name },
						{ SecretId: "dsta/d/e", ErrorCode: name },
					],
				},
			};
		});
		using backend = openBackend(aws.url);
		expect(await valuesOf(backend, "a/b/c", "d/e/f")).toEqual(["v1", "v2"]);
	});

	it.each(["ResourceNotFoundException", "InvalidRequestException"])("%s is absence", async (name) => {
		await using aws = await startFakeAws(withError(name));
		using backend = openBackend(aws.url);
		expect(await valuesOf(backend, "a/b/c", "x/y/z")).toEqual(["v1", undefined]);
	});

	const denying = (isDenied: (id: string) => boolean, message?: string): Program => {
		return (call, count) => {
			if (call.action === "BatchGetSecretValue") return refusal("AccessDeniedException");
			const isRefused = isDenied(call.input.SecretId as string);
			return isRefused
				? refusal("AccessDeniedException", { message: message ?? "" })
				: answerFrom(SECRETS)(call, count);
		};
	};

	it("denied on a name without the prefix is absence", async () => {
		await using aws = await startFakeAws(denying((id) => !id.startsWith("dsta/")));
		using backend = openBackend(aws.url);
		expect(await valuesOf(backend, "a/b/c", "x/y/z", "x/y#z")).toEqual(["v1", undefined, undefined]);
	});

	it("denied on a name without the prefix is a denial where the prefix is empty", async () => {
		await using aws = await startFakeAws(denying(() => true));
		using backend = openBackend(aws.url, { settings: { prefix: "" } });
		expect((await failureOf(backend.read(request("a/b/c"), signal))).code).toBe("DSTA_DENIED");
	});

	it("a KMS key that may not be used is a denial on any name", async () => {
		await using aws = await startFakeAws(
			denying((id) => !id.startsWith("dsta/"), "Access to KMS is not allowed"),
		);
		using backend = openBackend(aws.url);
		expect((await failureOf(backend.read(request("x/y/z"), signal))).message).toContain("KMS key of x/y ");
	});

	it.each([
		["cn-north-1", "arn:aws-cn:secretsmanager:cn-north-1:"],
		["us-gov-west-1", "arn:aws-us-gov:secretsmanager:us-gov-west-1:"],
	])("the missing statement is for the partition of %s", async (region, arn) => {
		await using aws = await startFakeAws(() => refusal("AccessDeniedException"));
		using backend = openBackend(aws.url);
		const error = await failureOf(backend.read(request("a/b", { overrides: { region } }), signal));
		expect(error.cure).toContain(arn);
	});
});

describe("A server that is not there", () => {
	it.each([
		[
			"refuses connections",
			"http://127.0.0.1:9",
			/^AWS Secrets Manager not available: Connection refused \(http:\/\/127.0.0.1:9\)$/,
		],
		[
			"has no address",
			"http://aws.example.invalid",
			/not available: Host name (?:not found|could not be resolved for now) /,
		],
		["speaks no TLS", "", /not available: TLS: /],
	])("%s", async (_what, endpoint, message) => {
		await using plain = await startFakeAws(() => ({}));
		using backend = openBackend(endpoint || plain.url.replace("http:", "https:"));
		const error = await failureOf(backend.read(request("a/b/c"), signal));
		expect(error.code).toBe("DSTA_UNAVAILABLE");
		expect(error.message).toMatch(message);
	});

	it("answers nothing: the signal is the limit", async () => {
		await using aws = await startFakeAws(() => "silence");
		using backend = openBackend(aws.url);
		const controller = new AbortController();
		const reads = readAll(backend, ["a/b/c", "d/e/f"], controller.signal);
		aws.nextCall().then(() => controller.abort());
		const error = await failureOf(reads);
		expect(error.code).toBe("DSTA_TIMEOUT");
		expect(error.message).toMatch(/^AWS Secrets Manager not available: no answer in time/);
		expect(aws.calls).toHaveLength(1);
	});

	it("is not asked at all after the signal", async () => {
		await using aws = await startFakeAws(answerFrom(SECRETS));
		using backend = openBackend(aws.url);
		expect((await failureOf(backend.read(request("a/b/c"), AbortSignal.abort()))).code).toBe("DSTA_TIMEOUT");
		expect((await failureOf(backend.check(AbortSignal.abort()))).code).toBe("DSTA_TIMEOUT");
		expect(aws.calls).toEqual([]);
	});

	it("gets no retry after the signal", async () => {
		const controller = new AbortController();
		await using aws = await startFakeAws(() => {
			controller.abort();
			return { status: 500 };
		});
		await using other = await startFakeAws(() => ({ status: 500 }));
		using backend = openBackend(aws.url);
		expect((await failureOf(backend.read(request("a/b/c"), controller.signal))).code).toBe("DSTA_TIMEOUT");
		// Five times as long as a retry would have taken.
		using slow = openBackend(other.url);
		for (let round = 0; round < 5; round++) await failureOf(slow.read(request("a/b/c"), signal));
		expect(other.calls).toHaveLength(15);
		expect(aws.calls).toHaveLength(1);
	});
});

describe("Checking access", () => {
	it.each([
		["nobody has the name", refusal("ResourceNotFoundException")],
		["the policy does not grant that name", refusal("AccessDeniedException")],
	])("is content when %s", async (_what, answer) => {
		await using aws = await startFakeAws(() => answer);
		using backend = openBackend(aws.url);
		await expect(backend.check(signal)).resolves.toBeUndefined();
		expect(aws.calls).toMatchObject([{ action: "GetSecretValue", input: { SecretId: "dsta/health/check" } }]);
	});

	it.each([
		["UnrecognizedClientException", "DSTA_DENIED"],
		["ExpiredTokenException", "DSTA_DENIED"],
		["ThrottlingException", "DSTA_UNAVAILABLE"],
	])("fails at %s", async (name, code) => {
		await using aws = await startFakeAws(() => refusal(name));
		using backend = openBackend(aws.url);
		expect((await failureOf(backend.check(signal))).code).toBe(code);
	});
});

describe("What AWS advises where a secret is missing", () => {
	it("names the commands that list and write it", () => {
		const advice = openBackend("http://x").advice(request("exchange/binance/api_key"));
		expect(advice).toContain(
			"aws secretsmanager list-secrets --region us-east-1 --filters Key=name,Values=dsta/exchange/",
		);
		expect(advice).toContain("dsta-run put --backend aws exchange/binance api_key=-");
	});

	it("tells how to see the stages where one is wanted that nobody has", () => {
		const backend = openBackend("http://x");
		const pinned = request("a/b/c", { overrides: { stage: "AWSPENDING" } });
		expect(backend.locations(pinned)[0]).toBe("dsta/a/b key c in stage AWSPENDING");
		expect(backend.advice(pinned)).toBe(
			"See which stages and versions dsta/a/b has: aws secretsmanager list-secret-version-ids --region us-east-1 --secret-id dsta/a/b --include-deprecated",
		);
	});

	it("asks for an ARN where it says", () => {
		const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:dsta/app-AbCdEf";
		const advice = openBackend("http://x").advice(request(`${arn}#k`));
		expect(advice).toContain(`aws secretsmanager describe-secret --region eu-west-1 --secret-id ${arn}`);
	});

	it("quotes for the shell what is not plain", () => {
		const advice = openBackend("http://x").advice(request("a b;c/d's#e $f"));
		expect(advice).toContain("--filters 'Key=name,Values=dsta/a b;c/')");
		expect(advice).toContain(`dsta-run put --backend aws 'a b;c/d'\\''s' 'e $f=-'`);
	});
});

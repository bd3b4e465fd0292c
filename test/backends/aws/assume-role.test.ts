import { describe, expect, it } from "vitest";
import { everythingOf, failureOf, KEYS, openBackend, request, SENTINELS, valuesOf } from "./backend.ts";
import { type Answer, answerFrom, type FakeAws, type Program, startFakeAws } from "./fake-aws.ts";

const ROLE = "arn:aws:iam::123456789012:role/team/reader";
const CALLER = "arn:aws:sts::123456789012:assumed-role/app/i-0123";
const SECRETS = answerFrom({ "dsta/a/b": '{"c":"v"}' });
const { signal } = new AbortController();

const xml = (status: number, body: string): Answer => ({
	status,
	body,
	headers: { "Content-Type": "text/xml" },
});
const given = (keyId: string, lifeMs = 3_600_000): Answer =>
	xml(
		200,
		`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>${keyId}</AccessKeyId><SecretAccessKey>${SENTINELS.secretKey}</SecretAccessKey><SessionToken>role-token</SessionToken><Expiration>${new Date(Date.now() + lifeMs).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
	);
const refused = (code: string, message: string, status = 403): Answer =>
	xml(
		status,
		`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message} sentinel-message</Message></Error></ErrorResponse>`,
	);

/** A backend that takes on the role before it asks a server. */
function openAs(assumeRole: object, aws: FakeAws, sts: FakeAws) {
	const env = { ...KEYS, AWS_ENDPOINT_URL: aws.url, AWS_ENDPOINT_URL_STS: sts.url };
	return openBackend(aws.url, { env, settings: { assume_role: { roleArn: ROLE, ...assumeRole } } });
}

async function failureAtSts(program: Program, assumeRole = {}) {
	await using aws = await startFakeAws(SECRETS);
	await using sts = await startFakeAws(program);
	using backend = openAs(assumeRole, aws, sts);
	const error = await failureOf(backend.read(request("a/b/c"), signal));
	expect(everythingOf(error)).not.toContain("sentinel");
	expect(aws.calls).toEqual([]);
	return error;
}

describe("A role that the map names", () => {
	it("is taken on with the credentials that are there, once, and asks with its own", async () => {
		await using aws = await startFakeAws(SECRETS);
		await using sts = await startFakeAws(() => given("AKIAROLE"));
		const settings = { externalId: "x/1", sessionName: "payments", durationMs: 900_000 };
		using backend = openAs(settings, aws, sts);
		expect(await valuesOf(backend, "a/b/c")).toEqual(["v"]);
		expect(await valuesOf(backend, "a/b#c")).toEqual(["v"]);
		expect(sts.calls).toHaveLength(1);
		expect(sts.calls[0]?.headers.authorization).toContain("Credential=AKIAEXAMPLE/");
		expect(Object.fromEntries(new URLSearchParams(sts.calls[0]?.text))).toMatchObject({
			Action: "AssumeRole",
			RoleArn: ROLE,
			ExternalId: "x/1",
			RoleSessionName: "payments",
			DurationSeconds: "900",
		});
		for (const { headers } of aws.calls)
			expect(headers).toMatchObject({
				authorization: expect.stringContaining("Credential=AKIAROLE/"),
				"x-amz-security-token": "role-token",
			});
	});

	it("is asked for without what the map does not say", async () => {
		await using aws = await startFakeAws(SECRETS);
		await using sts = await startFakeAws(() => given("AKIAROLE"));
		using backend = openAs({}, aws, sts);
		await valuesOf(backend, "a/b/c");
		const names = [...new URLSearchParams(sts.calls[0]?.text).keys()];
		expect(names.toSorted()).toEqual(["Action", "RoleArn", "RoleSessionName", "Version"]);
		expect(sts.calls[0]?.text).toContain("RoleSessionName=dsta-run");
	});

	it("is taken on again when its credentials have run out", async () => {
		await using aws = await startFakeAws(SECRETS);
		await using sts = await startFakeAws((_call, count) =>
			given(`AKIAROLE${count}`, count === 1 ? 0 : 3_600_000),
		);
		using backend = openAs({}, aws, sts);
		await valuesOf(backend, "a/b/c");
		await valuesOf(backend, "a/b/c");
		expect(aws.calls.at(-1)?.headers.authorization).toMatch(/Credential=AKIAROLE[2-9]\//);
	});

	it.each<[string, Answer, object, string, RegExp, RegExp]>([
		[
			"the policy or the role's trust does not allow it",
			refused(
				"AccessDenied",
				`User: ${CALLER} is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`,
			),
			{},
			"DSTA_DENIED",
			new RegExp(
				`^Permission denied: AWS does not let ${CALLER} take on the role ${ROLE} \\(sts:AssumeRole, AccessDenied\\)$`,
			),
			new RegExp(`in the policy of ${CALLER}, .* trust policy .* set aws\\.assume_role\\.external_id\\.`),
		],
		[
			"the external id is another one, and nobody says who asked",
			refused("AccessDenied", "no"),
			{ externalId: "x1" },
			"DSTA_DENIED",
			/AWS does not let us take on the role arn:/,
			/get-caller-identity.*no other external id than aws\.assume_role\.external_id/,
		],
		[
			"the session would be too long",
			refused("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration", 400),
			{},
			"DSTA_CONFIG",
			new RegExp(`^AWS found the request for the role ${ROLE} wrong: ValidationError`),
			/duration may be no longer/,
		],
		[
			"the credentials that ask have expired",
			refused("ExpiredToken", "The security token included in the request is expired"),
			{},
			"DSTA_DENIED",
			/^Permission denied: AWS does not accept the credentials .*ExpiredToken/,
			/get-caller-identity/,
		],
		[
			"STS answers what is not its own",
			{ body: "<html>sentinel-message</html>" },
			{},
			"DSTA_UNAVAILABLE",
			/^AWS Secrets Manager not available: /,
			/network/,
		],
		[
			"STS gives no credentials",
			xml(200, "<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"),
			{},
			"DSTA_UNAVAILABLE",
			/an answer that is not AWS's/,
			/network/,
		],
	])("is not given where %s", async (_what, answer, settings, code, message, cure) => {
		const error = await failureAtSts(() => answer, settings);
		expect(error).toMatchObject({
			code,
			message: expect.stringMatching(message),
			cure: expect.stringMatching(cure),
		});
	});

	it("is not waited for longer than the signal allows", async () => {
		await using aws = await startFakeAws(SECRETS);
		await using sts = await startFakeAws(() => "silence");
		using backend = openAs({}, aws, sts);
		const controller = new AbortController();
		sts.nextCall().then(() => controller.abort());
		expect((await failureOf(backend.read(request("a/b/c"), controller.signal))).code).toBe("DSTA_TIMEOUT");
	});

	it("makes AWS unavailable while STS is", async () => {
		const error = await failureAtSts(() => ({ status: 503 }));
		expect(error).toMatchObject({
			code: "DSTA_UNAVAILABLE",
			message: expect.stringMatching(/no credentials: HTTP 503/),
		});
	});
});

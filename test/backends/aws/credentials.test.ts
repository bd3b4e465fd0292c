import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { BUILD } from "../../process/launch.ts";
import { SENTINELS } from "./backend.ts";
import { type Run, type RunOptions, readInChild } from "./child.ts";
import { answerFrom, type Call, type FakeAws, refusal, startFakeAws } from "./fake-aws.ts";

const SECRETS = answerFrom({ "dsta/a/b": '{"c":"sentinel-value"}' });
const FOUND = { length: "sentinel-value".length };
const NO_IMDS = { AWS_EC2_METADATA_DISABLED: "true" };
const KEYS = { AWS_ACCESS_KEY_ID: "AKIAENV", AWS_SECRET_ACCESS_KEY: SENTINELS.secretKey };

const folder = mkdtempSync(join(tmpdir(), "dsta-aws-"));
afterAll(() => rmSync(folder, { recursive: true }));

let homes = 0;
/** A home directory with these files below `.aws`. */
function homeWith(files: Readonly<Record<string, string>>): string {
	const home = join(folder, `home${homes++}`);
	mkdirSync(join(home, ".aws"), { recursive: true });
	for (const [name, text] of Object.entries(files)) writeFileSync(join(home, ".aws", name), text);
	return home;
}

/** Reads from a fake Secrets Manager; nothing secret may show, and the SDK must stay silent. */
async function readFrom(aws: FakeAws, { env, ...options }: RunOptions): Promise<Run> {
	const whole = { AWS_REGION: "us-east-1", AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url, ...env };
	const run = await readInChild({
		env: Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== "")),
		...options,
	});
	expect(run.output).not.toContain("sentinel");
	expect(run.stderr).toBe("");
	return run;
}

const keyIdIn = ({ headers }: Call) => /Credential=(\w+)\//.exec(headers.authorization ?? "")?.[1];
const keyIdOf = (aws: FakeAws) => keyIdIn(aws.calls[0] as Call);

describe("Credentials come from", () => {
	const profiles = {
		config: "[default]\nregion = eu-west-1\n[profile team]\nregion = eu-central-1\n",
		credentials: `[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = ${SENTINELS.secretKey}\n[team]\naws_access_key_id = AKIATEAM\naws_secret_access_key = ${SENTINELS.secretKey}\n`,
	};

	it.each<[string, string, Omit<RunOptions, "home">]>([
		["the environment", "AKIAENV", { env: KEYS }],
		["the default profile", "AKIADEFAULT", { env: {} }],
		["AWS_PROFILE", "AKIATEAM", { env: { AWS_PROFILE: "team" } }],
		["AWS_PROFILE before the keys in the environment", "AKIATEAM", { env: { ...KEYS, AWS_PROFILE: "team" } }],
		["the map's profile", "AKIATEAM", { env: {}, settings: { profile: "team" } }],
		["the environment before the map's profile", "AKIAENV", { env: KEYS, settings: { profile: "team" } }],
	])("%s", async (_what, keyId, options) => {
		await using aws = await startFakeAws(SECRETS);
		const { outcome } = await readFrom(aws, { ...options, home: homeWith(profiles) });
		expect(outcome).toEqual(FOUND);
		expect(keyIdOf(aws)).toBe(keyId);
	});

	it("a profile together with its region", async () => {
		await using aws = await startFakeAws(SECRETS);
		const env = { AWS_PROFILE: "team", AWS_REGION: "" };
		const { outcome } = await readFrom(aws, { env, home: homeWith(profiles) });
		expect(outcome).toEqual(FOUND);
		expect(aws.calls[0]?.headers.authorization).toContain("/eu-central-1/secretsmanager/");
	});

	it("files that the environment names, whatever AWS_SDK_LOAD_CONFIG says", async () => {
		await using aws = await startFakeAws(SECRETS);
		const home = homeWith(profiles);
		const env = {
			AWS_PROFILE: "team",
			AWS_REGION: "",
			AWS_SDK_LOAD_CONFIG: "0",
			AWS_CONFIG_FILE: join(home, ".aws", "config"),
			AWS_SHARED_CREDENTIALS_FILE: join(home, ".aws", "credentials"),
		};
		expect((await readFrom(aws, { env })).outcome).toEqual(FOUND);
		expect(keyIdOf(aws)).toBe("AKIATEAM");
		expect(aws.calls[0]?.headers.authorization).toContain("/eu-central-1/secretsmanager/");
	});

	it("a role of a profile, which another profile is to take on, and then the map's role", async () => {
		await using sts = await startFakeAws(({ text }) => ({
			body: stsAnswer(text.includes("team") ? "AKIAFIRST" : "AKIASECOND", "AssumeRole"),
			headers: { "Content-Type": "text/xml" },
		}));
		await using aws = await startFakeAws(SECRETS);
		const config = `[profile base]\nregion = eu-west-1\n[profile app]\nregion = eu-west-1\nsource_profile = base\nrole_arn = arn:aws:iam::123456789012:role/team\nexternal_id = from-profile\n`;
		const credentials = `[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = ${SENTINELS.secretKey}\n`;
		const { outcome } = await readFrom(aws, {
			env: { AWS_PROFILE: "app", AWS_ENDPOINT_URL_STS: sts.url },
			settings: { assume_role: { roleArn: "arn:aws:iam::123456789012:role/second" } },
			home: homeWith({ config, credentials }),
		});
		expect(outcome).toEqual(FOUND);
		expect(sts.calls.map(keyIdIn)).toEqual(["AKIABASE", "AKIAFIRST"]);
		expect(sts.calls[0]?.text).toContain("ExternalId=from-profile");
		expect(keyIdOf(aws)).toBe("AKIASECOND");
	});

	it("a web identity, by way of STS", async () => {
		const tokenFile = join(folder, "token");
		writeFileSync(tokenFile, "sentinel-jwt");
		await using sts = await startFakeAws(() => ({
			body: stsAnswer("AKIAWEB"),
			headers: { "Content-Type": "text/xml" },
		}));
		await using aws = await startFakeAws(SECRETS);
		const env = {
			AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
			AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/dsta",
			AWS_ENDPOINT_URL_STS: sts.url,
		};
		expect((await readFrom(aws, { env })).outcome).toEqual(FOUND);
		expect(keyIdOf(aws)).toBe("AKIAWEB");
		expect(sts.calls[0]?.text).toContain("Action=AssumeRoleWithWebIdentity");
	});

	it("a container", async () => {
		await using container = await startFakeAws(() => ({ body: containerAnswer("AKIACONTAINER") }));
		await using aws = await startFakeAws(SECRETS);
		const env = {
			AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.url}/credentials`,
			AWS_CONTAINER_AUTHORIZATION_TOKEN: "sentinel-container-token",
		};
		expect((await readFrom(aws, { env })).outcome).toEqual(FOUND);
		expect(keyIdOf(aws)).toBe("AKIACONTAINER");
		expect(container.calls[0]?.headers.authorization).toBe("sentinel-container-token");
	});

	it("an instance", async () => {
		await using imds = await startInstanceMetadata();
		await using aws = await startFakeAws(SECRETS);
		const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url };
		expect((await readFrom(aws, { env })).outcome).toEqual(FOUND);
		expect(keyIdOf(aws)).toBe("AKIAINSTANCE");
		expect(imds.calls.length).toBeGreaterThan(0);
	});

	it.each([
		["keys in the environment", { env: KEYS }],
		["a profile", { env: { AWS_PROFILE: "team" } }],
		["AWS_DEFAULTS_MODE=auto and keys", { env: { ...KEYS, AWS_DEFAULTS_MODE: "auto" } }],
	])("an instance only when nothing else gives them: not with %s", async (_what, options) => {
		await using imds = await startInstanceMetadata();
		await using aws = await startFakeAws(SECRETS);
		const env = { ...options.env, AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url };
		expect((await readFrom(aws, { env, home: homeWith(profiles) })).outcome).toEqual(FOUND);
		expect(imds.calls).toEqual([]);
	});
});

describe("Without credentials", () => {
	it("AWS is unavailable, in the guide's words", async () => {
		await using aws = await startFakeAws(SECRETS);
		const { outcome } = await readFrom(aws, { env: NO_IMDS });
		expect(outcome.code).toBe("DSTA_UNAVAILABLE");
		expect(outcome.message).toMatch(/^Unable to locate credentials/);
		for (const word of ["aws configure", "AWS_ACCESS_KEY_ID", "IAM role", "chain: [vault, env]"])
			expect(outcome.cure).toContain(word);
		expect(aws.calls).toEqual([]);
	});

	it("an instance without a role gives none either", async () => {
		await using imds = await startFakeAws(() => ({ status: 404 }));
		await using aws = await startFakeAws(SECRETS);
		const { outcome } = await readFrom(aws, { env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url } });
		expect(outcome.message).toMatch(/^Unable to locate credentials/);
	});

	it("a container that refuses gives none either", async () => {
		await using container = await startFakeAws(() => ({
			status: 403,
			body: { Message: "sentinel-message" },
		}));
		await using aws = await startFakeAws(SECRETS);
		const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: container.url };
		const { outcome } = await readFrom(aws, { env });
		expect(outcome).toMatchObject({
			code: "DSTA_UNAVAILABLE",
			message: expect.stringMatching(/^Unable to locate/),
		});
	});

	it("a silent container endpoint is given up at the signal, long before the SDK gives up", async () => {
		await using container = await startFakeAws(() => "silence");
		await using aws = await startFakeAws(SECRETS);
		const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: container.url };
		// Longer than the second after which the SDK would write a warning.
		const { outcome } = await readFrom(aws, { env, timeoutMs: 1500 });
		expect(outcome.code).toBe("DSTA_TIMEOUT");
		expect(container.calls).toHaveLength(1);
	});
});

describe("Credentials that are refused", () => {
	it.each([
		["ExpiredTokenException", 400],
		["AccessDenied", 403],
	])("by STS with %s are a denial of the credentials, not of a secret", async (name, status) => {
		const tokenFile = join(folder, "old-token");
		writeFileSync(tokenFile, "sentinel-jwt");
		const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${name}</Code><Message>sentinel-message</Message></Error></ErrorResponse>`;
		await using sts = await startFakeAws(() => ({ status, body, headers: { "Content-Type": "text/xml" } }));
		await using aws = await startFakeAws(SECRETS);
		const { outcome } = await readFrom(aws, {
			env: {
				AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
				AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/dsta",
				AWS_ENDPOINT_URL_STS: sts.url,
			},
		});
		expect(outcome.code).toBe("DSTA_DENIED");
		expect(outcome.message).toMatch(/^Permission denied: AWS does not accept the credentials/);
		expect(outcome.message).toContain(name);
	});

	it("by STS for the role of a profile are a denial that names the role, and who asked for it", async () => {
		const role = "arn:aws:iam::123456789012:role/team";
		const words = `User: arn:aws:iam::123456789012:user/me is not authorized to perform: sts:AssumeRole on resource: ${role} sentinel-message`;
		const body = `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${words}</Message></Error></ErrorResponse>`;
		await using sts = await startFakeAws(() => ({
			status: 403,
			body,
			headers: { "Content-Type": "text/xml" },
		}));
		await using aws = await startFakeAws(SECRETS);
		const credentials = `[app]\nsource_profile = base\nrole_arn = ${role}\n[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = ${SENTINELS.secretKey}\n`;
		const { outcome } = await readFrom(aws, {
			env: { AWS_PROFILE: "app", AWS_ENDPOINT_URL_STS: sts.url },
			home: homeWith({ credentials }),
		});
		expect(outcome).toMatchObject({
			code: "DSTA_DENIED",
			message: `Permission denied: AWS does not let arn:aws:iam::123456789012:user/me take on the role ${role} (sts:AssumeRole, AccessDenied)`,
			cure: expect.stringContaining("set external_id in profile app."),
		});
	});

	it("by Secrets Manager are a denial that names the profile", async () => {
		await using aws = await startFakeAws(() => refusal("UnrecognizedClientException"));
		const credentials = `[team]\naws_access_key_id = AKIATEAM\naws_secret_access_key = ${SENTINELS.secretKey}\n`;
		const { outcome } = await readFrom(aws, {
			env: { AWS_PROFILE: "team" },
			home: homeWith({ credentials }),
		});
		expect(outcome.code).toBe("DSTA_DENIED");
		expect(outcome.message).toContain("of profile team");
	});

	it("because the SSO session is over are a denial, and the cure logs in again", async () => {
		const config = `[profile sso]\nsso_session = dsta\nsso_account_id = 123456789012\nsso_role_name = dsta\n[sso-session dsta]\nsso_region = us-east-1\nsso_start_url = https://dsta.example.invalid/start\n`;
		await using aws = await startFakeAws(SECRETS);
		const { outcome } = await readFrom(aws, { env: { AWS_PROFILE: "sso" }, home: homeWith({ config }) });
		expect(outcome).toMatchObject({
			code: "DSTA_DENIED",
			cure: expect.stringContaining("aws sso login --profile sso"),
		});
		expect(outcome.message).toMatch(/^Permission denied: the AWS SSO session has expired/);
	});
});

describe("A mistake in the settings", () => {
	const broken = "[default]\nregion = us-east-1\nthis line is nothing\n";
	it.each<[string, RunOptions, RegExp, RegExp]>([
		[
			"no region",
			{ env: { ...KEYS, AWS_REGION: "" } },
			/^AWS Secrets Manager has no region$/,
			/AWS_REGION.*chain: \[vault, env\]/,
		],
		[
			"a region that is none",
			{ env: { ...KEYS, AWS_REGION: "us east 1" } },
			/^"us east 1" is no AWS region$/,
			/us-east-1/,
		],
		[
			"a profile that does not exist",
			{ env: { AWS_PROFILE: "nobody" } },
			/^The AWS profile nobody does not exist$/,
			/aws configure --profile nobody/,
		],
		[
			"the map's profile that does not exist",
			{ env: {}, settings: { profile: "nobody" } },
			/^The AWS profile nobody/,
			/Looked in .*\.aws\/config and /,
		],
		[
			"a key id without its secret",
			{ env: { AWS_ACCESS_KEY_ID: "AKIA" } },
			/^AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not$/,
			/unset AWS_ACCESS_KEY_ID/,
		],
		[
			"a secret without its key id",
			{ env: { AWS_SECRET_ACCESS_KEY: SENTINELS.secretKey } },
			/^AWS_SECRET_ACCESS_KEY is set/,
			/AWS_ACCESS_KEY_ID/,
		],
		[
			"an endpoint that is none",
			{ env: { ...KEYS, AWS_ENDPOINT_URL_SECRETS_MANAGER: "sentinel:nowhere" } },
			/is no http:\/\/ or https:\/\/ address$/,
			/AWS_ENDPOINT_URL/,
		],
		[
			"an endpoint with a password",
			{ env: { ...KEYS, AWS_ENDPOINT_URL_SECRETS_MANAGER: "http://me:sentinel@localhost" } },
			/holds a user name or password$/,
			/AWS_ENDPOINT_URL/,
		],
		[
			"a config file with a broken line",
			{ env: NO_IMDS, home: homeWith({ config: broken }) },
			/\.aws\/config:3 is neither/,
			/Correct line 3/,
		],
		[
			"a token file that is missing",
			{
				env: {
					...NO_IMDS,
					AWS_WEB_IDENTITY_TOKEN_FILE: "/nonexistent",
					AWS_ROLE_ARN: "arn:aws:iam::1:role/x",
				},
			},
			/ENOENT/,
			/AWS_/,
		],
	])("%s is DSTA_CONFIG, and nobody is asked", async (_what, options, message, cure) => {
		await using aws = await startFakeAws(SECRETS);
		const { outcome } = await readFrom(aws, options);
		expect(outcome.code).toBe("DSTA_CONFIG");
		expect(outcome.message).toMatch(message);
		expect(outcome.cure).toMatch(cure);
		expect(aws.calls).toEqual([]);
	});

	it("a config file that cannot be read is DSTA_CONFIG", async () => {
		const home = homeWith({ config: "[profile team]\n" });
		chmodSync(join(home, ".aws", "config"), 0);
		await using aws = await startFakeAws(SECRETS);
		const { outcome } = await readFrom(aws, { env: { AWS_PROFILE: "team" }, home, asNobody: true });
		expect(outcome).toMatchObject({
			code: "DSTA_CONFIG",
			message: expect.stringMatching(/cannot be read: EACCES$/),
		});
	});

	it("a folder in the place of a config file is DSTA_CONFIG", async () => {
		await using aws = await startFakeAws(SECRETS);
		const { outcome } = await readFrom(aws, { env: { AWS_PROFILE: "team", AWS_CONFIG_FILE: folder } });
		expect(outcome).toMatchObject({
			code: "DSTA_CONFIG",
			message: expect.stringMatching(/cannot be read: EISDIR$/),
		});
	});
});

describe("A debug switch of the runtime", () => {
	it.each([
		[{ NODE_DEBUG: "http,https,net,tls,stream" }, BUILD === "npm" ? /createConnection/ : /NODE_DEBUG/],
		[{ NODE_DEBUG: "*" }, BUILD === "npm" ? /createConnection/ : /NODE_DEBUG/],
		[{ BUN_CONFIG_VERBOSE_FETCH: "curl" }, /^$/],
	])("shows neither keys nor values: %j", async (debug, words) => {
		await using aws = await startFakeAws(SECRETS);
		const { outcome, output, stderr } = await readInChild({
			env: {
				...KEYS,
				AWS_SESSION_TOKEN: SENTINELS.sessionToken,
				AWS_REGION: "us-east-1",
				AWS_ENDPOINT_URL: aws.url,
				...debug,
			},
		});
		expect(outcome).toEqual(FOUND);
		expect(stderr).toMatch(words);
		expect(output).not.toContain("sentinel");
	});
});

function startInstanceMetadata(): Promise<FakeAws> {
	return startFakeAws(({ action }) => {
		if (action.startsWith("PUT")) return { body: "sentinel-imds-token" };
		if (action.endsWith("/security-credentials/")) return { body: "role" };
		const { AccessKeyId, SecretAccessKey, Token, Expiration } = containerAnswer("AKIAINSTANCE");
		return { body: { Code: "Success", AccessKeyId, SecretAccessKey, Token, Expiration } };
	});
}

function containerAnswer(AccessKeyId: string): Readonly<Record<string, string>> {
	return {
		AccessKeyId,
		SecretAccessKey: SENTINELS.secretKey,
		Token: SENTINELS.sessionToken,
		Expiration: new Date(Date.now() + 3_600_000).toISOString(),
	};
}

function stsAnswer(keyId: string, action = "AssumeRoleWithWebIdentity"): string {
	const { Expiration, SecretAccessKey, Token } = containerAnswer(keyId);
	return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials><AccessKeyId>${keyId}</AccessKeyId><SecretAccessKey>${SecretAccessKey}</SecretAccessKey><SessionToken>${Token}</SessionToken><Expiration>${Expiration}</Expiration></Credentials></${action}Result></${action}Response>`;
}

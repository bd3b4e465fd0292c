import { createHash, createHmac } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { answerFrom, type Call, type FakeAws, type Program, startFakeAws } from "../backends/aws/fake-aws.ts";
import { folderWith, launch } from "../process/launch.ts";

const ROLE = "arn:aws:iam::123456789012:role/dsta";
const KEYS = {
	AccessKeyId: "AKIABUILD",
	SecretAccessKey: "sentinel-key",
	Expiration: new Date(Date.now() + 3_600_000).toISOString(),
};

/** Answers as whoever gives credentials: STS, a container or an instance. */
const giveKeys: Program = ({ action, text }) => {
	const asked = /Action=(\w+)/.exec(text)?.[1];
	if (asked !== undefined) return { body: stsAnswer(asked), headers: { "Content-Type": "text/xml" } };
	if (action.startsWith("PUT")) return { body: "sentinel-imds-token" };
	if (action.endsWith("/security-credentials/")) return { body: "role" };
	return { body: { Code: "Success", ...KEYS, Token: "sentinel-session" } };
};

function stsAnswer(action: string): string {
	const { AccessKeyId, SecretAccessKey, Expiration } = KEYS;
	return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials><AccessKeyId>${AccessKeyId}</AccessKeyId><SecretAccessKey>${SecretAccessKey}</SecretAccessKey><SessionToken>sentinel-session</SessionToken><Expiration>${Expiration}</Expiration></Credentials></${action}Result></${action}Response>`;
}

interface Source {
	readonly env?: NodeJS.ProcessEnv;
	/** The files below `.aws` in the home directory. */
	readonly files?: Readonly<Record<string, string>>;
}

// The SDK loads each of these when it needs it, from a chunk that a bundler has made.
describe("a build has all that gets credentials from", () => {
	it.each<[what: string, source: (giver: FakeAws, folder: string) => Source]>([
		["a container", ({ url }) => ({ env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/credentials` } })],
		["an instance", ({ url }) => ({ env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: url } })],
		[
			"a web identity",
			({ url }, folder) => ({
				env: {
					AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, ".aws", "token"),
					AWS_ROLE_ARN: ROLE,
					AWS_ENDPOINT_URL_STS: url,
				},
				files: { token: "sentinel-jwt" },
			}),
		],
		[
			"a role of a profile",
			({ url }) => ({
				env: { AWS_PROFILE: "team", AWS_ENDPOINT_URL_STS: url },
				files: {
					config: `[profile team]\nrole_arn = ${ROLE}\nsource_profile = base\n`,
					credentials: "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = sentinel-key\n",
				},
			}),
		],
		[
			"a program that a profile names",
			() => ({
				env: { AWS_PROFILE: "team" },
				files: {
					config: `[profile team]\ncredential_process = echo '${JSON.stringify({ Version: 1, ...KEYS })}'\n`,
				},
			}),
		],
	])("%s", async (_what, sourceOf) => {
		await using giver = await startFakeAws(giveKeys);
		await using aws = await startFakeAws(answerFrom({ "dsta/a/b": '{"c":"sentinel-value"}' }));
		const folder = folderWith("a/b/c: { env: FOUND, backend: aws }\n");
		const { env, files = {} } = sourceOf(giver, folder);
		mkdirSync(join(folder, ".aws"));
		for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, ".aws", name), text);
		const where = { AWS_REGION: "us-east-1", AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url };
		const { status, stderr, stdout } = await launch(folder, ["--", "sh", "-c", "echo $FOUND"], {
			...where,
			...env,
		}).ended;
		expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: "", stdout: "sentinel-value\n" });
		expect(aws.calls[0]?.headers.authorization).toContain(`Credential=${KEYS.AccessKeyId}/`);
	});
});

it("a build signs its requests as AWS checks them", async () => {
	await using aws = await startFakeAws(answerFrom({ "dsta/a/b": '{"c":"value"}' }));
	const { status } = await launch(folderWith("a/b/c: FOUND\n"), ["--", "true"], {
		AWS_REGION: "us-east-1",
		AWS_ENDPOINT_URL: aws.url,
		AWS_ACCESS_KEY_ID: KEYS.AccessKeyId,
		AWS_SECRET_ACCESS_KEY: KEYS.SecretAccessKey,
	}).ended;
	expect(status).toBe(0);
	const call = aws.calls[0] as Call;
	expect(/Signature=(\w+)/.exec(call.headers.authorization ?? "")?.[1]).toBe(signatureOf(call));
});

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
function signatureOf({ headers, text }: Call): string {
	const [, scope = "", names = ""] =
		/Credential=\w+\/([^,]+), SignedHeaders=([^,]+)/.exec(headers.authorization ?? "") ?? [];
	const lines = names.split(";").map((name) => `${name}:${headers[name]}\n`);
	const request = ["POST", "/", "", lines.join(""), names, hash(text)].join("\n");
	const signed = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hash(request)].join("\n");
	const key = scope.split("/").reduce<string | Buffer>(sign, `AWS4${KEYS.SecretAccessKey}`);
	return sign(key, signed).toString("hex");
}

function hash(text: string): string {
	return createHash("sha256").update(text).digest("hex");
}

function sign(key: string | Buffer, text: string): Buffer {
	return createHmac("sha256", key).update(text).digest();
}

import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { KEYS, openBackend } from "../backends/aws/backend.ts";
import {
	answerFrom,
	type Call,
	forwardTo,
	type Program,
	refusal,
	startFakeAws,
} from "../backends/aws/fake-aws.ts";
import { motoAddress } from "../backends/aws/moto.ts";
import { folderWith, launch } from "../process/launch.ts";
import { allowing, list, type Question, type Statement } from "./iam.ts";
import { printPolicy } from "./policy.ts";
import { rotate } from "./rotate.ts";

const ACCOUNT = "123456789012";
const { AWS_REGION: _, ...CREDENTIALS } = KEYS;
const ARN = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:shared/smtp`;

const MAPS = {
	"of fields, wildcards, pointers and wholes": `secrets:
  exchange/binance/api_key: A
  exchange/binance/api_secret: B
  exchange/gateio/*: GATEIO_*
  app/tls#/server/key: C
  license: D
  app/pinned/key: { env: E, aws: { stage: AWSPREVIOUS } }
  only/vault/key: { env: F, backend: vault, optional: true }
  of/vault/key: { env: G, version: 3 }
templates:
  URL: postgresql://\${database/postgres/user}@localhost
`,
	"with prefixes and regions of its own": `aws: { prefix: team }
secrets:
  a/b/c: A
  d/e/f: { env: B, aws: { region: eu-west-3 } }
  g/h/i: { env: C, aws: { prefix: "" } }
  j/k#l: { env: D, aws: { prefix: "own-", region: cn-north-1 } }
`,
	"with ARNs": `secrets:
  ${ARN}-AbCdEf#user: A
  ${ARN}#password: B
  a/b#c: C
`,
	"of one secret": "a/b#c: A\na/b#d: B\n",
	"of one secret without a prefix": "aws: { prefix: '' }\nsecrets:\n  a/b/c: A\n",
} as const;

/** How IAM sees a call: of a batch, the batch itself and each secret in it. */
function questionsOf({ action, headers, input }: Call): readonly Question[] {
	const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(headers.authorization ?? "")?.[1] as string;
	const partition = region.startsWith("cn-") ? "aws-cn" : "aws";
	const ask = (name: string, of = action, suffix = "-a1B2c3"): Question => ({
		action: `secretsmanager:${of}`,
		resource: name.startsWith("arn:")
			? name.replace(/(?<!-.{6})$/, suffix)
			: `arn:${partition}:secretsmanager:${region}:${ACCOUNT}:secret:${name}${suffix}`,
	});
	if (action === "BatchGetSecretValue")
		return [
			{ action: "secretsmanager:BatchGetSecretValue", resource: "*" },
			...(input.SecretIdList as string[]).map((id) => ask(id, "GetSecretValue")),
		];
	if (action === "CreateSecret")
		return [{ ...ask(input.Name as string), keys: { "secretsmanager:Name": input.Name as string } }];
	return [ask(input.SecretId as string)];
}

/** All that runs of a map ask for where nobody has anything; with replicas also where the first region is down. */
async function askedBy(map: string, env: NodeJS.ProcessEnv): Promise<readonly Question[]> {
	const isFirst = ({ headers }: Call) => headers.authorization?.includes("/us-east-1/") === true;
	const hasReplicas = map.includes("regions:");
	const downInFirst: Program = (call, count) =>
		isFirst(call) ? { status: 503 } : answerFrom({})(call, count);
	const programs = [answerFrom({}), ...(hasReplicas ? [downInFirst] : [])];
	const all = await Promise.all(
		programs.map(async (program) => {
			await using aws = await startFakeAws(program);
			const endpoint = hasReplicas ? `${aws.url}/{region}` : aws.url;
			const settings = { ...CREDENTIALS, AWS_MAX_ATTEMPTS: "1", AWS_ENDPOINT_URL: endpoint };
			await launch(folderWith(map), ["--", "true"], { ...settings, ...env }).ended;
			return aws.calls.flatMap(questionsOf);
		}),
	);
	return all.flat();
}

async function statementsFor(
	map: string,
	args: readonly string[] = [],
	env: NodeJS.ProcessEnv = { AWS_REGION: "us-east-1" },
): Promise<readonly Statement[]> {
	const { stdout } = await printPolicy(map, ["iam", "--account", ACCOUNT, ...args], env);
	return JSON.parse(stdout).Statement;
}

describe("The policy that dsta-run policy iam prints", () => {
	it.concurrent.each([
		...Object.entries(MAPS).map(([what, map]) => [what, map, { AWS_REGION: "us-east-1" }] as const),
		[
			"with replicas",
			"aws: { regions: [us-east-1, eu-west-1] }\nsecrets:\n  a/b/c: A\n  d/e#f: { env: B, aws: { region: eu-west-1 } }\n",
			{},
		] as const,
	])(
		"of a map %s allows all that its runs ask for, but for names without the prefix, and nothing else",
		async (_what, map, env) => {
			const statements = await statementsFor(map, [], env);
			const asked = await askedBy(map, env);
			expect(asked.length).toBeGreaterThan(0);
			const used = new Set(asked.flatMap((question) => allowing(statements, question)));
			expect([...used].sort()).toEqual(statements.flatMap(({ Resource }) => list(Resource)).sort());
			// What is granted without a prefix are the names of an entry that has none, and ARNs.
			const refused = asked.filter((question) => allowing(statements, question).length === 0);
			for (const { resource } of refused) expect(resource).not.toMatch(/:secret:(?:dsta|team|own-|shared)/);
			expect(statements.map(({ Sid }) => Sid)).toEqual(
				asked.some(({ resource }) => resource === "*") ? ["ReadSecrets", "ReadInBatches"] : ["ReadSecrets"],
			);
		},
	);

	it("allows no more than the name: AWS ends it with a hyphen and six characters", async () => {
		const statements = await statementsFor("a/b#c: A\n");
		const ask = (name: string) => {
			const resource = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:${name}`;
			return allowing(statements, { action: "secretsmanager:GetSecretValue", resource }).length;
		};
		expect(["dsta/a/b-a1B2c3", "dsta/a/b/c-a1B2c3", "dsta/a/b-other-a1B2c3", "a/b-a1B2c3"].map(ask)).toEqual([
			1, 0, 0, 0,
		]);
	});

	it("names any region and account where nobody says which", async () => {
		const { stdout } = await printPolicy("a/b#c: A\n", ["iam"]);
		expect(JSON.parse(stdout)).toEqual({
			Version: "2012-10-17",
			Statement: [
				{
					Sid: "ReadSecrets",
					Effect: "Allow",
					Action: "secretsmanager:GetSecretValue",
					Resource: "arn:aws:secretsmanager:*:*:secret:dsta/a/b-??????",
				},
			],
		});
	});

	it("lets keys of KMS be used, by Secrets Manager alone", async () => {
		const keys = ["us-east-1", "eu-west-1"].map(
			(region) => `arn:aws:kms:${region}:${ACCOUNT}:key/${region}-id`,
		);
		const args = keys.flatMap((key) => ["--kms-key", key]);
		const services = ["secretsmanager.eu-west-1.amazonaws.com", "secretsmanager.us-east-1.amazonaws.com"];
		const statement = { Sid: "UseKeys", Effect: "Allow", Resource: keys };
		const Condition = { StringEquals: { "kms:ViaService": services } };
		expect((await statementsFor("a/b#c: A\n", args)).at(-1)).toEqual({
			...statement,
			Action: "kms:Decrypt",
			Condition,
		});
		expect((await statementsFor("a/b#c: A\n", ["--rotation", ...args])).at(-1)).toEqual({
			...statement,
			Action: ["kms:Decrypt", "kms:GenerateDataKey"],
			Condition,
		});
	});

	it("for rotation allows what put asks for, whether a secret is there or not, and no other secret", async () => {
		const map = "a/b/c: A\n";
		const statements = await statementsFor(map, ["--rotation"]);
		const stored = { "dsta/a/b": '{"c":"1"}' };
		for (const secrets of [{}, stored]) {
			await using aws = await startFakeAws((call, count) => {
				if (call.action === "CreateSecret" || call.action === "PutSecretValue")
					return { body: { Name: "dsta/a/b", VersionId: "1".repeat(32) } };
				return answerFrom(secrets)(call, count);
			});
			const env = { ...KEYS, AWS_ENDPOINT_URL: aws.url };
			const { status } = await launch(folderWith(map), ["put", "a/b", "c=2", "--backend", "aws"], env).ended;
			expect(status).toBe(0);
			const asked = aws.calls.flatMap(questionsOf);
			expect(asked.map(({ action }) => action)).toContain(
				secrets === stored ? "secretsmanager:PutSecretValue" : "secretsmanager:CreateSecret",
			);
			for (const question of asked.filter(({ resource }) => resource.includes("dsta/")))
				expect([question, allowing(statements, question).length]).toEqual([question, 1]);
		}
		const other = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:dsta/a/bc-a1B2c3`;
		for (const action of ["PutSecretValue", "CreateSecret", "GetSecretValue"]) {
			const keys = { "secretsmanager:Name": "dsta/a/bc" };
			const question = { action: `secretsmanager:${action}`, resource: other, keys };
			expect(allowing(statements, question)).toEqual([]);
		}
		expect(statements.map(({ Sid }) => Sid)).toEqual(["RotateSecrets", "CreateSecrets"]);
	});

	it.skipIf(motoAddress() === "")(
		"for rotation allows what a rotation asks for, and no other action",
		async () => {
			const secret = `t${randomBytes(6).toString("hex")}/s`;
			const statements = await statementsFor(`${secret}#key: A\n`, ["--rotation"]);
			await using aws = await startFakeAws(forwardTo(motoAddress()));
			using backend = openBackend(aws.url);
			await rotate(backend, secret);
			const asked = aws.calls.flatMap(questionsOf).filter(({ resource }) => resource.includes("dsta/"));
			for (const question of asked)
				expect([question, allowing(statements, question)]).toEqual([question, [expect.any(String)]]);
			expect([...new Set(asked.map(({ action }) => action))].sort()).toEqual(
				statements.flatMap(({ Action }) => list(Action)).sort(),
			);
		},
	);

	it("is that of the role that the map takes on, and with --caller that of who takes it on", async () => {
		const role = `arn:aws:iam::${ACCOUNT}:role/reader`;
		const map = `aws: { assume_role: { role_arn: "${role}" } }\nsecrets:\n  a/b#c: A\n`;
		const { stderr, stdout } = await printPolicy(map, ["iam"]);
		expect(stdout).not.toContain("AssumeRole");
		expect(stderr).toContain(`this policy is that of the role ${role}`);
		const statements = await statementsFor(map, ["--caller"]);
		await using aws = await startFakeAws(() => refusal("AccessDenied"));
		await launch(folderWith(map), ["--", "true"], { ...KEYS, AWS_ENDPOINT_URL: aws.url }).ended;
		const [first] = aws.calls.map(({ text }) => new URLSearchParams(text));
		const question = { action: `sts:${first?.get("Action")}`, resource: first?.get("RoleArn") ?? "" };
		expect(allowing(statements, question)).toEqual([role]);
	});

	it("warns where it is longer than IAM takes", async () => {
		const entries = Array.from({ length: 60 }, (_, index) => `folder/secret${index}/key: KEY_${index}\n`);
		const { stderr } = await printPolicy(entries.join(""), ["iam"]);
		expect(stderr).toMatch(/warn: this policy has \d+ characters, and IAM takes 6144, or 10240 /);
		const short = await printPolicy(entries.join("").replaceAll("/key", "#key"), ["iam"]);
		expect(short.stderr).toBe("");
	});

	it("has no statement where no entry asks AWS, and says so", async () => {
		const { stderr, stdout } = await printPolicy("a/b/c: { env: A, backend: vault }\n", ["iam"]);
		expect(JSON.parse(stdout)).toEqual({ Version: "2012-10-17", Statement: [] });
		expect(stderr).toContain(
			"warn: A run of secrets.map.yaml asks nothing of AWS: there is nothing to allow",
		);
	});
});

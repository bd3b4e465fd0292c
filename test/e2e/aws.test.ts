import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { answerFrom, startFakeAws } from "../backends/aws/fake-aws.ts";
import { folderWith, isRunning, type Launch, launch } from "../process/launch.ts";

const MAP = "app/secret_key: SECRET_KEY\n";
const HERE = { SECRET_KEY: "x", AWS_EC2_METADATA_DISABLED: "true" };
const RUN = ["--", "echo", "started"];

/** A folder with a map, which is the home directory of its launches, and a profile `team` with a credential_process. */
function folderFor(credentialProcess: string, words = "exec sh"): string {
	const folder = folderWith(MAP);
	mkdirSync(join(folder, ".aws"));
	const script = join(folder, "process.sh");
	writeFileSync(script, credentialProcess.replaceAll("FOLDER", folder));
	writeFileSync(
		join(folder, ".aws", "config"),
		`[profile team]\nregion = us-east-1\ncredential_process = ${words} ${script}\n`,
	);
	return folder;
}

const HANGING = "trap '' TERM; echo $$ > FOLDER/new; mv FOLDER/new FOLDER/pid; exec sleep 60\n";

async function pidIn(folder: string): Promise<number> {
	const file = join(folder, "pid");
	await expect.poll(() => existsSync(file), { interval: 5, timeout: 10_000 }).toBe(true);
	return Number(readFileSync(file, "utf8"));
}

describe("a credential_process", () => {
	const start = (folder: string, ...options: string[]): Launch =>
		launch(folder, [...options, ...RUN], { ...HERE, AWS_PROFILE: "team" });

	it("gives the credentials that AWS is asked with", async () => {
		const keys = { Version: 1, AccessKeyId: "AKIAPROCESS", SecretAccessKey: "sentinel-key" };
		const folder = folderFor(`echo '${JSON.stringify(keys)}'\n`);
		await using aws = await startFakeAws(answerFrom({ "dsta/app": '{"secret_key":"from aws"}' }));
		const env = { AWS_PROFILE: "team", AWS_ENDPOINT_URL: aws.url };
		const { stderr, stdout } = await launch(folder, ["--", "printenv", "SECRET_KEY"], env).ended;
		expect({ stderr, stdout }).toEqual({ stderr: "", stdout: "from aws\n" });
		expect(aws.calls[0]?.headers.authorization).toContain("Credential=AKIAPROCESS/");
	});

	it.each([
		["echo sentinel; echo sentinel >&2; exit 3", "ended with status 3"],
		['echo \'{"AccessKeyId": "sentinel"}\'', "printed none"],
	])("that gives none is told of, and nothing that it says is shown: %s", async (script, words) => {
		const { status, stderr } = await start(folderFor(script)).ended;
		expect(status).toBe(0);
		expect(stderr).toContain(
			`Unable to locate credentials in profile team for AWS Secrets Manager: its credential_process ${words};`,
		);
		expect(stderr).toContain("fix: See what it says: aws sts get-caller-identity --profile team");
		expect(stderr).not.toContain("sentinel");
	});

	it.each(["exec sh", "true; sh"])("does not outlive the time that AWS has: %s", async (words) => {
		const folder = folderFor(HANGING, words);
		const { ended } = start(folder, "--timeout", "3s");
		const pid = await pidIn(folder);
		const { status, stderr, stdout } = await ended;
		expect({ status, stdout }).toEqual({ status: 0, stdout: "started\n" });
		expect(stderr).toContain("AWS Secrets Manager not available: no credentials in time");
		await expect.poll(() => isRunning(pid)).toBe(false);
	});

	it("does not outlive a launcher that TERM ends", async () => {
		const folder = folderFor(HANGING);
		const { child, ended } = start(folder);
		const pid = await pidIn(folder);
		child.kill("SIGTERM");
		expect(await ended).toEqual({ status: null, signal: "SIGTERM", stdout: "", stderr: "" });
		await expect.poll(() => isRunning(pid)).toBe(false);
	});
});

describe.concurrent("credentials and secrets that do not come", () => {
	const KEYS = { AWS_ACCESS_KEY_ID: "k", AWS_SECRET_ACCESS_KEY: "s" };
	const token = join(folderWith(MAP), "token");
	writeFileSync(token, "sentinel-jwt");
	const SOURCES: readonly [string, string, (url: string) => NodeJS.ProcessEnv][] = [
		["a container's endpoint", "no credentials", (url) => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url })],
		["an instance's metadata", "no credentials", (url) => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: url })],
		[
			"STS for a web identity",
			"no credentials",
			(url) => ({
				AWS_WEB_IDENTITY_TOKEN_FILE: token,
				AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/x",
				AWS_ENDPOINT_URL_STS: url,
			}),
		],
		["Secrets Manager", "no answer", (url) => ({ ...KEYS, AWS_ENDPOINT_URL: url })],
	];

	it.each(SOURCES)(
		"because %s is silent take half of the time, and the run goes on",
		async (_what, words, env) => {
			await using server = await startFakeAws(() => "silence");
			const variables = { SECRET_KEY: "x", AWS_REGION: "us-east-1", ...env(server.url) };
			const start = performance.now();
			// Half of it is less than the two seconds after which the SDK leaves an instance's metadata alone.
			const { ended } = launch(folderWith(MAP), ["--timeout", "3s", ...RUN], variables);
			const { status, stderr, stdout } = await ended;
			expect({ status, stdout }).toEqual({ status: 0, stdout: "started\n" });
			expect(stderr).toContain(`AWS Secrets Manager not available: ${words} in time`);
			expect(stderr).not.toContain("sentinel");
			// Where the SDK alone decides, a minute and more.
			expect(performance.now() - start).toBeLessThan(15_000);
		},
	);

	it("end a run with 75 where nobody else can be asked", async () => {
		await using server = await startFakeAws(() => "silence");
		const env = { AWS_REGION: "us-east-1", AWS_CONTAINER_CREDENTIALS_FULL_URI: server.url };
		const run = ["--backend", "aws", "--timeout", "500ms", ...RUN];
		const { status, stdout } = await launch(folderWith(MAP), run, env).ended;
		expect({ status, stdout }).toEqual({ status: 75, stdout: "" });
	});

	it("do not take from a replica the time that it needs", async () => {
		await using aws = await startFakeAws((call, count) => {
			const isFirst = call.headers.authorization?.includes("/us-east-1/") === true;
			return isFirst
				? "silence"
				: answerFrom({ "dsta/app": '{"secret_key":"from the replica"}' })(call, count);
		});
		const map = `aws: { regions: [us-east-1, eu-west-1], endpoint: "${aws.url}/{region}" }\nsecrets:\n  ${MAP}`;
		const run = ["--timeout", "4s", "--backend", "aws", "--", "printenv", "SECRET_KEY"];
		const { stderr, stdout } = await launch(folderWith(map), run, KEYS).ended;
		expect(stdout).toBe("from the replica\n");
		expect(stderr).toBe(
			"dsta-run: warn: AWS Secrets Manager in us-east-1 is not available (no answer in time): eu-west-1 is asked instead\n",
		);
	});
});

import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { motoAddress } from "../backends/aws/moto.ts";
import { launch } from "../process/launch.ts";
import { startHttp } from "../servers/http.ts";
import { findServers } from "../servers/install.ts";
import { freePort } from "../servers/start.ts";
import { type AwsAccount, openAccount } from "./aws-account.ts";
import { openExample } from "./open-example.ts";

const fileOf = (path: string) => new URL(`../../examples/${path}`, import.meta.url).pathname;
const FILES = ["task-definition.json", "task-role-policy.json"].map((name) => fileOf(`ecs/${name}`));
const [DEFINITION, POLICY] = FILES.map((file) => JSON.parse(readFileSync(file, "utf8")));
const [CONTAINER] = DEFINITION.containerDefinitions;

describe.skipIf(motoAddress() === "")("the task definition for ECS", () => {
	it("is what AWS takes, to the last property", async () => {
		const { env } = await openAccount(DEFINITION.taskRoleArn);
		const python = join(dirname(findServers().moto), "python3");
		const script = new URL("register-task.py", import.meta.url).pathname;
		const known = JSON.parse(
			execFileSync(python, [script, ...FILES], { env: { PATH: process.env.PATH, ...env }, encoding: "utf8" }),
		);
		expect(known).toMatchObject({ ...DEFINITION, status: "ACTIVE", revision: 1 });
	});

	it("names no secret, and runs without rights but those to read what is below dsta/", () => {
		expect(
			POLICY.Statement.map(({ Action, Resource }: Record<string, unknown>) => [Action, Resource]),
		).toEqual([
			[
				["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
				expect.stringMatching(/:secret:dsta\/\*$/),
			],
			["secretsmanager:BatchGetSecretValue", "*"],
		]);
		expect(CONTAINER).not.toHaveProperty("secrets");
		expect(CONTAINER).toMatchObject({
			user: "1000:1000",
			readonlyRootFilesystem: true,
			linuxParameters: { capabilities: { drop: ["ALL"] } },
		});
	});

	it("starts the service with the secrets that its task role may read", async () => {
		const account = await openAccount(DEFINITION.taskRoleArn);
		const binance = { api_key: "sentinel-of-a-key", api_secret: "sentinel-of-a-secret" };
		await account.createSecret("dsta/exchange/binance", JSON.stringify(binance));
		await account.createSecret("dsta/database/postgres/password", "sentinel-of-a-password");
		await using credentials = await startCredentials(account);
		using example = openExample("ecs");
		copyFileSync(fileOf("docker/app/server.js"), join(example.folder, "server.js"));
		const PORT = String(await freePort());
		const { child, ended, said } = launch(example.folder, ["--", ...CONTAINER.command], {
			...Object.fromEntries(CONTAINER.environment.map(({ name, value }: never) => [name, value])),
			AWS_CONTAINER_CREDENTIALS_FULL_URI: credentials.url,
			AWS_ENDPOINT_URL: motoAddress(),
			PORT,
		});
		const ready = "ready, with BINANCE_API_KEY BINANCE_API_SECRET POSTGRES_HOST POSTGRES_PASSWORD\n";
		await Promise.race([said(ready), ended]);
		expect(isHealthy(PORT)).toBe(true);
		child.kill("SIGTERM");
		expect(await ended).toEqual({ status: 0, signal: null, stdout: `${ready}closing\n`, stderr: "" });
		expect(isHealthy(PORT)).toBe(false);
	});
});

/** Whether the container's own check says so, which is about its port. */
function isHealthy(port: string): boolean {
	const [, file, ...args] = CONTAINER.healthCheck.command;
	return (
		spawnSync(
			file,
			args.map((word: string) => word.replace("8080", port)),
		).status === 0
	);
}

/** Where the containers of a task get the keys of its role. */
function startCredentials({ env }: AwsAccount) {
	const keys = {
		AccessKeyId: env.AWS_ACCESS_KEY_ID,
		SecretAccessKey: env.AWS_SECRET_ACCESS_KEY,
		Token: env.AWS_SESSION_TOKEN,
		Expiration: new Date(Date.now() + 3_600_000).toISOString(),
	};
	return startHttp((_, response) => response.end(JSON.stringify(keys)));
}

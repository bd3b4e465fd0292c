import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ask, motoAddress } from "../backends/aws/moto.ts";
import { type Ended, folderWith, launch } from "../process/launch.ts";
import { pathWithPrograms } from "../servers/path.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const MOTO = motoAddress();
/** Of this file alone, and nobody's default: the map names it. */
const NAMESPACE = "guide";
const VAULT = `VAULT_NAMESPACE=${NAMESPACE} vault`;
const PATH = "exchange/binance/api_key";
const MAP = `chain: [vault]\nvault: { namespace: ${NAMESPACE} }\nsecrets:\n  ${PATH}: BINANCE_API_KEY\n`;

const run = (folder: string, env: NodeJS.ProcessEnv): Promise<Ended> =>
	launch(folder, ["--", "printenv", "BINANCE_API_KEY"], env).ended;

function fixOf({ stderr }: Ended): string {
	return /^ {2}fix: (.*)$/m.exec(stderr)?.[1] as string;
}

/** The commands of a fix whose first words are these, to the letter. */
function commandIn(fix: string, start: string): string {
	const [, command] = new RegExp(`(${start}[^,;)]*?)(?:[,;)]|\\.? [A-Z]|\\.?$)`).exec(fix) ?? [];
	if (command === undefined) throw new Error(`no ${start} in: ${fix}`);
	return command;
}

interface Shell {
	readonly status: number | null;
	readonly output: string;
}

/** Does in a shell what a fix says, as its reader would. */
function inShell(lines: readonly string[], token: string, cwd = "/"): Shell {
	const env = { PATH: pathWithPrograms(), HOME: cwd, VAULT_ADDR: ADDRESS, VAULT_TOKEN: token };
	const { status, stderr, stdout } = spawnSync("sh", ["-c", lines.join("\n")], {
		cwd,
		env,
		encoding: "utf8",
	});
	return { status, output: stdout + stderr };
}

describe.skipIf(ADDRESS === "" || MOTO === "")("The guide's troubleshooting", () => {
	beforeAll(async () => {
		await askVault(ADDRESS, "POST", `sys/namespaces/${NAMESPACE}`, {}, "");
		const engine = { type: "kv", options: { version: "2" } };
		await askVault(ADDRESS, "POST", "sys/mounts/secret", engine, NAMESPACE);
	});

	const store = (secret: string, data: object) =>
		askVault(ADDRESS, "POST", `secret/data/${secret}`, { data }, NAMESPACE);

	it("1. Vault not available: the fix says whom to ask, and the right address cures it", async () => {
		await store("exchange/binance", { api_key: "from vault" });
		const folder = folderWith(MAP);
		const down = "http://127.0.0.1:1";
		const ended = await run(folder, { VAULT_ADDR: down, VAULT_TOKEN: ROOT_TOKEN });
		expect(ended).toMatchObject({ status: 75, stdout: "" });
		expect(ended.stderr).toContain("Vault not available: Connection refused");
		const fix = fixOf(ended);
		expect(fix).toContain(`VAULT_ADDR is ${down}`);
		const health = commandIn(fix, "curl ");
		expect(inShell([health], ROOT_TOKEN).status).toBe(7);
		const cured = inShell(
			[health.replace(down, ADDRESS), commandIn(fix, `${VAULT} token lookup`)],
			ROOT_TOKEN,
		);
		expect(cured).toMatchObject({ status: 0, output: expect.stringContaining('"sealed":false') });
		expect(await run(folder, { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN })).toMatchObject({
			status: 0,
			stdout: "from vault\n",
		});
	});

	it("2. Unable to locate credentials: variables, or the file that aws configure writes, cure it", async () => {
		await ask("CreateSecret", { Name: `dsta/${NAMESPACE}/exchange`, SecretString: '{"api_key":"from aws"}' });
		const folder = folderWith(`chain: [aws]\nsecrets:\n  ${NAMESPACE}/exchange/api_key: BINANCE_API_KEY\n`);
		const env = { AWS_REGION: "us-east-1", AWS_ENDPOINT_URL: MOTO, AWS_EC2_METADATA_DISABLED: "true" };
		const ended = await run(folder, env);
		expect(ended).toMatchObject({ status: 75, stdout: "" });
		expect(ended.stderr).toContain("Unable to locate credentials");
		const fix = fixOf(ended);
		expect(fix).toContain("Run `aws configure`, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give");
		expect(fix).toContain("an IAM role");
		const cured = { status: 0, stdout: "from aws\n" };
		const keys = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "key" };
		expect(await run(folder, { ...env, ...keys })).toMatchObject(cured);
		mkdirSync(join(folder, ".aws"));
		const lines = Object.entries(keys).map(([name, value]) => `${name.toLowerCase()} = ${value}\n`);
		writeFileSync(join(folder, ".aws/credentials"), `[default]\n${lines.join("")}`);
		expect(await run(folder, env)).toMatchObject(cured);
	});

	it("3. Secret not found: the fix lists, looks and creates, in the namespace of the map", async () => {
		await askVault(ADDRESS, "DELETE", "secret/metadata/exchange/binance", undefined, NAMESPACE);
		await store("exchange/gateio", { api_key: "other" });
		const folder = folderWith(MAP);
		const env = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };
		const ended = await run(folder, env);
		expect(ended).toMatchObject({ status: 66, stdout: "" });
		expect(ended.stderr).toContain(`Secret not found: ${PATH}`);
		const fix = fixOf(ended);
		const look = commandIn(fix, `${VAULT} kv get`);
		const seen = inShell([commandIn(fix, `${VAULT} kv list`), look], ROOT_TOKEN);
		expect(seen.output).toMatch(/^gateio$/m);
		expect(seen.output).toContain("No value found at secret/data/exchange/binance");
		const create = commandIn(fix, `${VAULT} kv put`).replace("…", "created");
		expect(inShell([create, look], ROOT_TOKEN).status).toBe(0);
		expect(await run(folder, env)).toMatchObject({ status: 0, stdout: "created\n" });
		const add = commandIn(fix, "dsta-run put").replace("api_key=…", "testnet=false");
		expect(inShell([add], ROOT_TOKEN, folder).status).toBe(0);
		expect(await run(folder, env)).toMatchObject({ status: 0, stdout: "created\n" });
	});

	it("4. Permission denied: the fix shows what the token may do, and the policy that it prints cures it", async () => {
		await store("exchange/binance", { api_key: "allowed" });
		const policy = 'path "secret/data/exchange/gateio" { capabilities = ["read"] }\n';
		await askVault(ADDRESS, "POST", "sys/policies/acl/dsta-policy", { policy }, NAMESPACE);
		const { auth } = await askVault(
			ADDRESS,
			"POST",
			"auth/token/create",
			{ policies: ["dsta-policy"] },
			NAMESPACE,
		);
		const token = (auth as { client_token: string }).client_token;
		const folder = folderWith(MAP);
		const ended = await run(folder, { VAULT_ADDR: ADDRESS, VAULT_TOKEN: token });
		expect(ended).toMatchObject({ status: 77, stdout: "" });
		expect(ended.stderr).toContain("Permission denied");
		const fix = fixOf(ended);
		const asToken = [commandIn(fix, `${VAULT} token lookup`), commandIn(fix, `${VAULT} token capabilities`)];
		expect(inShell(asToken, token)).toMatchObject({
			status: 0,
			output: expect.stringMatching(/dsta-policy[\s\S]*\ndeny\n/),
		});
		const write = commandIn(fix, `${VAULT} policy write`);
		const create = `${commandIn(fix, `${VAULT} token create`)} -field=token`;
		const [stanza] = /path "[^"]*" \{[^}]*\}/.exec(fix) as unknown as [string];
		const byHand = ["cat > policy.hcl <<'END'", policy, stanza, "END", `${write} >/dev/null`, create];
		const made = inShell(byHand, ROOT_TOKEN, folder);
		expect(made).toEqual({ status: 0, output: expect.stringMatching(/^\S+$/) });
		const env = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: made.output };
		expect(await run(folder, env)).toMatchObject({ status: 0, stdout: "allowed\n" });
		expect(inShell([commandIn(fix, "dsta-run policy"), write], ROOT_TOKEN, folder).status).toBe(0);
		expect(readFileSync(join(folder, "policy.hcl"), "utf8")).not.toContain("gateio");
		expect(await run(folder, env)).toMatchObject({ status: 0, stdout: "allowed\n" });
	});
});

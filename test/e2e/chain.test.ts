import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KEYS } from "../backends/aws/backend.ts";
import { type FakeAws, refusal, startFakeAws } from "../backends/aws/fake-aws.ts";
import { ask, motoAddress } from "../backends/aws/moto.ts";
import { type Ended, folderWith, launch, someOnNpm } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const MOTO = motoAddress();
const SENTINEL = "sentinel-of-vault-0815";
const FROM_AWS = "sentinel-of-aws-0817";
const FROM_ENV = "sentinel-of-env-0816";
const VALUES: Readonly<Record<string, string>> = { vault: SENTINEL, aws: FROM_AWS, env: FROM_ENV };

const VAULT = {
	"has it": { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN },
	"has it not": { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN, VAULT_NAMESPACE: "" },
	"is down": { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: ROOT_TOKEN },
	"refuses the token": { VAULT_ADDR: ADDRESS, VAULT_TOKEN: "sentinel-token" },
	"has no such namespace": { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN, VAULT_NAMESPACE: "none" },
	"is not configured": {},
} as const;

let refusing: FakeAws;
const { AWS_REGION: _, ...KEYS_ALONE } = KEYS;
const AWS = {
	"has it": () => ({ ...KEYS, AWS_ENDPOINT_URL: MOTO }),
	"has it not": () => ({ ...KEYS, AWS_ENDPOINT_URL: MOTO, AWS_REGION: "eu-west-1" }),
	"is down": () => ({ ...KEYS, AWS_ENDPOINT_URL: "http://127.0.0.1:1" }),
	refuses: () => ({ ...KEYS, AWS_ENDPOINT_URL: refusing.url }),
	"has no credentials": () => ({
		AWS_REGION: "us-east-1",
		AWS_ENDPOINT_URL: MOTO,
		AWS_EC2_METADATA_DISABLED: "true",
	}),
	"has no region": () => ({ ...KEYS_ALONE, AWS_ENDPOINT_URL: MOTO }),
	"is not configured": () => ({}),
} as const;

type VaultState = keyof typeof VAULT;
type AwsState = keyof typeof AWS;

const MAP = "chained/secret/key: CHAINED_KEY\n";
const full = (settings: string, entry = "CHAINED_KEY") =>
	`${settings}\nsecrets:\n  chained/secret/key: ${entry}\n`;
const entry = (settings: string) => MAP.replace("CHAINED_KEY", `{ env: CHAINED_KEY, ${settings} }`);

/** Who gives the value, or the status with which nothing is started; after `or`, the same without a variable in the environment. */
const COMBINATIONS = `
Vault \\ AWS           | has it | has it not | is down   | refuses | has no credentials | has no region | is not configured
has it                | vault  | vault      | vault     | vault   | vault              | vault         | vault
has it not            | aws    | env or 66  | env or 75 | 77      | env or 75          | 78            | env or 66
is down               | aws    | env or 75  | env or 75 | 77      | env or 75          | 78            | env or 75
refuses the token     | 77     | 77         | 77        | 77      | 77                 | 77            | 77
has no such namespace | 78     | 78         | 78        | 78      | 78                 | 78            | 78
is not configured     | aws    | env or 66  | env or 75 | 77      | env or 75          | 78            | env or 66
`;

interface Combination {
	readonly vault: VaultState;
	readonly aws: AwsState;
	readonly inEnv: boolean;
	/** The name of a backend, or a status. */
	readonly outcome: string;
}

function readCombinations(): Combination[] {
	const [[, ...states], ...rows] = COMBINATIONS.trim()
		.split("\n")
		.map((line) => line.split("|").map((cell) => cell.trim())) as [string[], ...string[][]];
	return rows.flatMap(([vault, ...cells]) =>
		cells.flatMap((cell, column) =>
			cell.split(" or ").map((outcome, index) => ({
				vault: vault as VaultState,
				aws: states[column] as AwsState,
				inEnv: index === 0,
				outcome,
			})),
		),
	);
}

interface Setting {
	readonly vault: VaultState;
	readonly aws: AwsState;
	readonly inEnv: boolean;
	readonly map: string;
}

/** Runs dsta-run at its most talkative; nothing secret may come out on standard error. */
async function runWith({ aws, inEnv, map, vault }: Setting, args: readonly string[]): Promise<Ended> {
	const env = {
		...VAULT[vault],
		...AWS[aws](),
		...(inEnv ? { CHAINED_SECRET_KEY: FROM_ENV } : {}),
		NODE_DEBUG: "http,https,net,tls",
		DEBUG: "*",
	};
	const ended = await launch(folderWith(map), ["--log-level", "trace", ...args], env).ended;
	expect(ended.stderr).not.toMatch(/sentinel|root-token/);
	return ended;
}

const COMMAND = ["--", "sh", "-c", 'printf "started %s" "$CHAINED_KEY"'];

describe.skipIf(ADDRESS === "" || MOTO === "")("the chain", () => {
	beforeAll(async () => {
		refusing = await startFakeAws(() => refusal("AccessDeniedException"));
		await askVault(ADDRESS, "POST", "secret/data/chained/secret", { data: { key: SENTINEL } });
		await ask("CreateSecret", {
			Name: "dsta/chained/secret",
			SecretString: JSON.stringify({ key: FROM_AWS }),
		});
	});
	afterAll(() => refusing[Symbol.asyncDispose]());

	it.each(someOnNpm(readCombinations()))(
		"where Vault $vault, AWS $aws, and it is in the environment $inEnv: $outcome",
		async ({ aws, inEnv, outcome, vault }) => {
			const { status, stderr, stdout } = await runWith({ vault, aws, inEnv, map: MAP }, COMMAND);
			const value = VALUES[outcome];
			expect(status).toBe(value === undefined ? Number(outcome) : 0);
			expect(stdout).toBe(value === undefined ? "" : `started ${value}`);
			if (value === undefined) expect(stderr).toMatch(/^dsta-run: error: .*\n {2}fix: /m);
			// Who comes after the one that had it, or that stopped the run, is not asked.
			if (/^has it$|^refuses|namespace/.test(vault)) expect(stderr).not.toMatch(/AWS|credentials for/);
		},
	);

	it.each<[VaultState, AwsState, string, boolean, number, string]>([
		["is down", "is not configured", full("strict: true"), true, 75, ""],
		["is down", "is not configured", full("on: { unavailable: stop }"), true, 75, ""],
		["is down", "is not configured", entry("default: d"), false, 0, "d"],
		["is down", "is not configured", entry("optional: true"), false, 0, ""],
		["refuses the token", "is not configured", full("on: { denied: next }"), true, 0, FROM_ENV],
		["refuses the token", "is not configured", entry("optional: true"), true, 77, ""],
		[
			"has no such namespace",
			"is not configured",
			full("on: { unavailable: next, denied: next }"),
			true,
			78,
			"",
		],
		[
			"is not configured",
			"is not configured",
			full("", "{ env: CHAINED_KEY, backend: vault }"),
			true,
			78,
			"",
		],
		["has it", "is not configured", full("chain: [env, vault]"), true, 0, FROM_ENV],
		[
			"has it",
			"is not configured",
			full("", "{ env: CHAINED_KEY, chain: [env, vault] }"),
			false,
			0,
			SENTINEL,
		],
		["has it", "is not configured", full("", "{ env: CHAINED_KEY, type: port }"), false, 65, ""],
		["has it not", "is down", full("strict: true"), true, 75, ""],
		["has it not", "has no credentials", full("strict: true"), true, 75, ""],
		["has it not", "is down", full("on: { unavailable: stop }"), true, 75, ""],
		["has it not", "refuses", full("on: { denied: next }"), true, 0, FROM_ENV],
		["has it not", "refuses", full("on: { denied: next }"), false, 77, ""],
		["has it not", "refuses", entry("optional: true"), true, 77, ""],
		["refuses the token", "has it", full("on: { denied: next }"), true, 0, FROM_AWS],
		["is down", "has no region", full("on: { unavailable: next, denied: next }"), true, 78, ""],
		["is down", "has no region", full("chain: [vault, env]"), true, 0, FROM_ENV],
		["has it not", "is down", entry("default: d"), false, 0, "d"],
		["is down", "has no credentials", entry("default: d"), false, 0, "d"],
		["is down", "is down", entry("optional: true"), false, 0, ""],
		["is down", "is down", full("strict: true"), true, 75, ""],
		["is not configured", "is not configured", full("", "{ env: CHAINED_KEY, backend: aws }"), true, 78, ""],
		["has it", "has it", full("chain: [aws, vault]"), true, 0, FROM_AWS],
		["has it", "has it", full("", "{ env: CHAINED_KEY, backend: aws }"), true, 0, FROM_AWS],
		["has it", "is down", full("", "{ env: CHAINED_KEY, backend: aws }"), true, 75, ""],
		["has it", "has it not", full("", "{ env: CHAINED_KEY, backend: aws }"), true, 66, ""],
		[
			"has it not",
			"has it not",
			full("", "{ env: CHAINED_KEY, aws: { region: us-east-1 } }"),
			true,
			0,
			FROM_AWS,
		],
		["is not configured", "has no region", full("aws: { region: us-east-1 }"), true, 0, FROM_AWS],
		["has it not", "has it", full("", "{ env: CHAINED_KEY, type: port }"), false, 65, ""],
	])(
		"where Vault %s, AWS %s: %j, in the environment %s: status %i",
		async (vault, aws, map, inEnv, status, value) => {
			const ended = await runWith({ vault, aws, map, inEnv }, COMMAND);
			expect(ended.status).toBe(status);
			if (status === 0) expect(ended.stdout).toBe(`started ${value}`);
			else expect(ended.stdout).toBe("");
		},
	);

	it.each<[string, VaultState, AwsState]>([
		["vault", "has it", "has it"],
		["aws", "is down", "has it"],
		["env", "is down", "has no credentials"],
	])("names %s as the origin in check and explain, and shows no value", async (origin, vault, aws) => {
		for (const command of ["check", "explain"]) {
			const { status, stdout } = await runWith({ vault, aws, map: MAP, inEnv: true }, [command, "--json"]);
			expect(status).toBe(0);
			expect(stdout).toMatch(new RegExp(`"(?:backend|origin)": "${origin}"`));
			expect(stdout).not.toMatch(/sentinel|root-token/);
		}
	});

	it("leaves Vault out of what an ARN names", async () => {
		const { ARN } = await ask<{ ARN: string }>("DescribeSecret", { SecretId: "dsta/chained/secret" });
		const setting = { vault: "refuses the token", aws: "has it", inEnv: false } as const;
		const { status, stdout } = await runWith({ ...setting, map: `${ARN}#key: CHAINED_KEY\n` }, COMMAND);
		expect({ status, stdout }).toEqual({ status: 0, stdout: `started ${FROM_AWS}` });
	});

	it("names a stage that nobody has, and how to see those that there are", async () => {
		const map = entry("aws: { stage: AWSPENDING }");
		const setting = { vault: "is not configured", aws: "has it", inEnv: false, map } as const;
		const { status, stderr } = await runWith(setting, COMMAND);
		expect(status).toBe(66);
		expect(stderr).toContain("dsta/chained/secret key key in stage AWSPENDING");
		expect(stderr).toContain("aws secretsmanager list-secret-version-ids");
	});

	it("is asked for one backend alone with --backend", async () => {
		const setting = { vault: "has it", aws: "has it", inEnv: true, map: MAP } as const;
		for (const [name, value] of Object.entries(VALUES)) {
			const { status, stdout } = await runWith(setting, ["--backend", name, ...COMMAND]);
			expect({ status, stdout }).toEqual({ status: 0, stdout: `started ${value}` });
		}
	});
});

describe("a value that no variable can hold", () => {
	it.each([["check"], ["explain"]])("gives %s the status of a run", async (command) => {
		const folder = folderWith("app/big: BIG\n");
		writeFileSync(join(folder, ".env"), `BIG=${"x".repeat(131_072)}\n`);
		const ended = await launch(folder, [command]).ended;
		expect(ended.status).toBe(65);
		expect(ended.stderr).toContain("BIG");
		expect(ended.stdout + ended.stderr).not.toContain("xxxx");
	});
});

describe("a mistake on the command line or in the map", () => {
	it.each([
		[["npm", "start"], 64, "dsta-run -- npm start"],
		[["--nonsense", "--", "true"], 64, "There is no option --nonsense"],
		[["--timeout", "soon", "--", "true"], 64, "--timeout"],
		[["-m", "missing.yaml", "--", "true"], 66, "missing.yaml"],
		[["check", "--", "x"], 64, "dsta-run -- check"],
	])("%j ends with %i and words", async (args, status, words) => {
		const ended = await launch(folderWith("{}\n"), args).ended;
		expect(ended.status).toBe(status);
		expect(ended.stderr).toContain(words);
		expect(ended.stderr).toMatch(/\n {2}fix: /);
	});

	it("in the map is shown with its place, before any backend is asked", async () => {
		const ended = await launch(folderWith("a/b/c: 1BAD\nd/e/f: 2BAD\n"), ["--", "true"]).ended;
		expect(ended.status).toBe(78);
		expect(ended.stderr).toMatch(/secrets\.map\.yaml:1:8: .*\n.*secrets\.map\.yaml:2:8: /);
	});
});

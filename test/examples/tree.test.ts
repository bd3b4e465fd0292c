import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ask } from "../backends/aws/moto.ts";
import { pathWithPrograms } from "../servers/path.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const MOTO = process.env.DSTA_TEST_MOTO ?? "";
const FOLDER = new URL("../../examples/tree/", import.meta.url).pathname;
const PATHS = Object.keys(parse(readFileSync(`${FOLDER}secrets.map.yaml`, "utf8")));

/** The tree that the guide recommends: a secret a line, with its fields. */
const TREE: Readonly<Record<string, readonly string[]>> = {
	"exchange/binance": ["api_key", "api_secret"],
	"exchange/gateio": ["api_key", "api_secret"],
	"exchange/huobi": ["api_key", "api_secret"],
	"database/postgres": ["host", "port", "user", "password", "database"],
	"database/redis": ["password"],
	app: ["secret_key", "encryption_key"],
	monitoring: ["sentry_dsn", "grafana_api_key"],
	notifications: ["slack_webhook_url", "email_password"],
};

type Tree = Readonly<Record<string, Readonly<Record<string, string>>>>;

function seed(store: string, env: NodeJS.ProcessEnv) {
	const options = {
		env: { PATH: pathWithPrograms(), HOME: "/nonexistent", ...env },
		encoding: "utf8",
	} as const;
	const { status, stderr, stdout } = spawnSync(`${FOLDER}seed.sh`, [store], options);
	return { status, stderr, stdout };
}

/** Each secret has its fields, and what is made up differs from all else. */
function expectTree(tree: Tree): void {
	expect(
		Object.fromEntries(Object.entries(tree).map(([name, fields]) => [name, Object.keys(fields).sort()])),
	).toEqual(Object.fromEntries(Object.entries(TREE).map(([name, fields]) => [name, fields.toSorted()])));
	const values = Object.values(tree).flatMap((fields) => Object.values(fields));
	const madeUp = values.filter((value) => value.length > 20);
	expect(new Set(madeUp).size).toBe(14);
}

async function readTree(read: (secret: string) => Promise<Tree[string]>): Promise<Tree> {
	const secrets = Object.keys(TREE);
	const contents = await Promise.all(secrets.map(read));
	return Object.fromEntries(secrets.map((secret, index) => [secret, contents[index] as Tree[string]]));
}

describe("The tree of the examples", () => {
	it("is that of the guide", () => {
		const guide = Object.entries(TREE).flatMap(([secret, fields]) =>
			fields.map((field) => `${secret}/${field}`),
		);
		expect(PATHS).toEqual(guide);
	});

	it.skipIf(ADDRESS === "")(
		"is put into Vault, in a namespace and an engine that are made for it, and stays as it is",
		async () => {
			const env = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN, VAULT_NAMESPACE: "tree" };
			const content = async (secret: string) => {
				const { data } = await askVault(ADDRESS, "GET", `secret/data/${secret}`, undefined, "tree");
				return (data as { data: Tree[string] }).data;
			};
			const first = seed("vault", env);
			expect(first).toMatchObject({ status: 0, stderr: "" });
			const tree = await readTree(content);
			expectTree(tree);
			for (const value of Object.values(tree).flatMap(Object.values))
				if (value.length > 20) expect(first.stdout).not.toContain(value);
			await askVault(ADDRESS, "DELETE", "secret/metadata/app", undefined, "tree");
			const second = seed("vault", env);
			expect(second).toMatchObject({ status: 0, stderr: "" });
			expect(second.stdout).toContain("What differs was there before, and stays.\n");
			const after = await readTree(content);
			expectTree(after);
			expect({ ...after, app: tree.app }).toEqual(tree);
		},
	);

	it.skipIf(MOTO === "")("is put into AWS, below the prefix", async () => {
		const region = "ap-northeast-3";
		const keys = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "key", AWS_ENDPOINT_URL: MOTO };
		expect(seed("aws", { ...keys, AWS_REGION: region })).toMatchObject({ status: 0, stderr: "" });
		const content = async (secret: string) => {
			const answer = await ask<{ SecretString: string }>(
				"GetSecretValue",
				{ SecretId: `dsta/${secret}` },
				region,
			);
			return JSON.parse(answer.SecretString);
		};
		expectTree(await readTree(content));
	});

	it("is put nowhere where nobody says where, or that cannot be", () => {
		expect(seed("", {})).toMatchObject({
			stdout: "",
			stderr: expect.stringContaining("write seed.sh vault"),
		});
		expect(seed("env", {})).toMatchObject({ status: 64, stdout: "" });
	});
});

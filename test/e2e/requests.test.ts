import { beforeAll, describe, expect, it } from "vitest";
import { KEYS } from "../backends/aws/backend.ts";
import { type FakeAws, startFakeAws } from "../backends/aws/fake-aws.ts";
import { ask, motoAddress } from "../backends/aws/moto.ts";
import { folderWith, launch } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";
import { startProxy } from "../servers/wire.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";

describe.skipIf(ADDRESS === "")("requests to Vault", () => {
	const secrets = Array.from({ length: 20 }, (_, index) => `counted/s${index}`);
	const keys = ["a", "b", "c", "d", "e"];

	beforeAll(async () => {
		for (const secret of secrets)
			await askVault(ADDRESS, "POST", `secret/data/${secret}`, {
				data: Object.fromEntries(keys.map((key) => [key, "x"])),
			});
	});

	it("are one for each distinct secret: 20 for 100 variables in 20 secrets", async () => {
		await using proxy = await startProxy(ADDRESS);
		const lines = secrets.flatMap((secret, s) => keys.map((key) => `${secret}/${key}: V${s}_${key}\n`));
		const env = { VAULT_ADDR: proxy.address, VAULT_TOKEN: ROOT_TOKEN };
		const { status, stdout } = await launch(folderWith(lines.join("")), ["--", "env"], env).ended;
		expect(status).toBe(0);
		expect(stdout.match(/^V\d+_[a-e]=x$/gm)).toHaveLength(100);
		expect([...proxy.asked].sort()).toEqual(secrets.map((secret) => `GET /v1/secret/data/${secret}`).sort());
	});

	it("are none when no entry needs Vault", async () => {
		await using proxy = await startProxy(ADDRESS);
		const env = { VAULT_ADDR: proxy.address, VAULT_TOKEN: ROOT_TOKEN, HERE: "x" };
		const { status } = await launch(folderWith("a/b/c: { env: HERE, backend: env }\n"), ["--", "true"], env)
			.ended;
		expect({ status, asked: proxy.asked }).toEqual({ status: 0, asked: [] });
	});
});

describe.skipIf(ADDRESS === "" || motoAddress() === "")("requests to AWS", () => {
	const names = Array.from({ length: 45 }, (_, index) => `counted/a${index}`);
	const lines = names.map((name, index) => `${name}/key: A${index}\n`);
	const batches = (count: number) => Array(count).fill("BatchGetSecretValue");

	beforeAll(async () => {
		const SecretString = '{"key":"x","other":"y"}';
		await Promise.all(names.map((name) => ask("CreateSecret", { Name: `dsta/${name}`, SecretString })));
		await askVault(ADDRESS, "POST", "secret/data/counted/both", { data: { key: "x" } });
	});

	it.each([
		["three batches for 45 secrets", lines, 45, batches(3)],
		["one batch for 20 secrets", lines.slice(0, 20), 20, batches(1)],
		["one batch for 40 fields of 20 secrets", fieldsOf(lines.slice(0, 20)), 40, batches(1)],
		["one and no batch for one secret", lines.slice(0, 1), 1, ["GetSecretValue"]],
		["one for all fields of one secret", fieldsOf(lines.slice(0, 1)), 2, ["GetSecretValue"]],
		[
			"one for a secret of an entry and a template",
			[`secrets:\n  ${lines[0]}`, "templates:\n  A1: $", "{counted/a0/other}\n"],
			2,
			["GetSecretValue"],
		],
	])("are %s, and nothing else is asked", async (_what, map, count, actions) => {
		await using proxy = await startProxy(motoAddress());
		await using metadata = await startMetadata();
		const env = { ...KEYS, AWS_ENDPOINT_URL: proxy.address, AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url };
		const { status, stdout } = await launch(folderWith(map.join("")), ["--", "env"], env).ended;
		expect(status).toBe(0);
		expect(stdout.match(/^A\d+(?:_B)?=[xy]$/gm)).toHaveLength(count);
		expect(proxy.asked).toEqual(actions);
		expect(metadata.calls).toEqual([]);
	});

	it("are for what Vault has not alone", async () => {
		await using vault = await startProxy(ADDRESS);
		await using aws = await startProxy(motoAddress());
		const map = ["counted/both/key: BOTH\n", ...lines.slice(0, 2)].join("");
		const env = {
			VAULT_ADDR: vault.address,
			VAULT_TOKEN: ROOT_TOKEN,
			...KEYS,
			AWS_ENDPOINT_URL: aws.address,
		};
		const { status, stdout } = await launch(folderWith(map), ["--", "env"], env).ended;
		expect(status).toBe(0);
		expect(stdout).toMatch(/^BOTH=x$/m);
		expect(aws.asked).toEqual(batches(1));
		expect(vault.asked.filter((line) => line.includes("/secret/data/"))).toHaveLength(3);
	});

	it.each([
		["Vault has everything", "counted/both/key: HERE\n"],
		["every entry is of another backend", "a/b/c: { env: HERE, backend: env }\n"],
		["the chain leaves it out", "chain: [vault, env]\nsecrets:\n  a/b/c: HERE\n"],
		["an earlier backend of an entry's chain has it", "a/b/c: { env: HERE, chain: [env, aws] }\n"],
		["the map is of nothing", "{}\n"],
	])("are none, and no instance is asked for credentials, where %s", async (_what, map) => {
		await using proxy = await startProxy(motoAddress());
		await using metadata = await startMetadata();
		const { status } = await launch(folderWith(map), ["--", "true"], withoutKeys(proxy.address, metadata))
			.ended;
		expect({ status, asked: proxy.asked, metadata: metadata.calls }).toEqual({
			status: 0,
			asked: [],
			metadata: [],
		});
	});

	it("ask an instance for credentials where an entry needs AWS and nothing else gives them", async () => {
		await using proxy = await startProxy(motoAddress());
		await using metadata = await startMetadata();
		const env = withoutKeys(proxy.address, metadata);
		const { status, stderr } = await launch(folderWith("a/b/c: HERE\n"), ["--", "true"], env).ended;
		expect(status).toBe(0);
		expect(stderr).toContain("Unable to locate credentials");
		expect(metadata.calls.length).toBeGreaterThan(0);
		expect(proxy.asked).toEqual([]);
	});

	function withoutKeys(address: string, metadata: FakeAws): NodeJS.ProcessEnv {
		return {
			VAULT_ADDR: ADDRESS,
			VAULT_TOKEN: ROOT_TOKEN,
			AWS_REGION: "us-east-1",
			AWS_ENDPOINT_URL: address,
			AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url,
			HERE: "x",
		};
	}
});

/** Each line, and one for another field of its secret. */
function fieldsOf(lines: readonly string[]): string[] {
	return lines.flatMap((line) => [line, line.replace("/key:", "/other:").replace("\n", "_B\n")]);
}

/** The metadata service of an instance that has no role. */
function startMetadata(): Promise<FakeAws> {
	return startFakeAws(() => ({ status: 404 }));
}

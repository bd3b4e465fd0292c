import { beforeAll, describe, expect, it } from "vitest";
import { ask } from "../backends/aws/moto.ts";
import { folderWith, launch } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const MOTO = process.env.DSTA_TEST_MOTO ?? "";
const VAULT = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };
const AWS = {
	AWS_REGION: "us-east-1",
	AWS_ENDPOINT_URL: MOTO,
	AWS_ACCESS_KEY_ID: "id",
	AWS_SECRET_ACCESS_KEY: "key",
};
const FOLDER = folderWith("{}\n");

const list = (args: readonly string[], env: NodeJS.ProcessEnv) =>
	launch(FOLDER, ["list", ...args], env).ended;

describe.skipIf(ADDRESS === "" || MOTO === "")("dsta-run list", () => {
	beforeAll(async () => {
		for (const secret of ["listed/b", "listed/a", "listed/deep/c"])
			await askVault(ADDRESS, "POST", `secret/data/${secret}`, { data: { key: "sentinel-listed" } });
		for (const Name of ["dsta/listed/a", "dsta/listed/z/y"])
			await ask("CreateSecret", { Name, SecretString: '{"key":"sentinel-listed"}' });
	});

	it("shows the names below a prefix, folders with a slash, and never a value", async () => {
		for (const prefix of ["listed", "listed/"])
			expect(await list([prefix], VAULT)).toMatchObject({
				status: 0,
				stderr: "",
				stdout: "listed/a      vault\nlisted/b      vault\nlisted/deep/  vault\n",
			});
	});

	it("shows those of every configured backend, in the order of the chain", async () => {
		const { status, stdout } = await list(["listed", "--json"], { ...VAULT, ...AWS });
		expect(status).toBe(0);
		const names = (JSON.parse(stdout) as { name: string; backend: string }[]).map(
			({ backend, name }) => `${backend} ${name}`,
		);
		expect(names).toEqual([
			...["listed/a", "listed/b", "listed/deep/"].map((name) => `vault ${name}`),
			...["listed/a", "listed/z/"].map((name) => `aws ${name}`),
		]);
	});

	it("shows the top without a prefix, and one backend with --backend", async () => {
		expect((await list([], VAULT)).stdout).toMatch(/^listed\/ +vault$/m);
		expect((await list(["--backend", "aws"], { ...VAULT, ...AWS })).stdout).not.toContain("vault");
	});

	it("shows nothing where there is nothing", async () => {
		expect(await list(["listed/none"], VAULT)).toMatchObject({ status: 0, stdout: "" });
		expect(await list(["listed/none", "--json"], VAULT)).toMatchObject({ status: 0, stdout: "[]\n" });
	});

	it("shows what the others have where one is down, with its error and its status", async () => {
		const env = { ...AWS, VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "t" };
		const { status, stderr, stdout } = await list(["listed"], env);
		expect(status).toBe(75);
		expect(stderr).toContain("error: Vault not available: Connection refused (http://127.0.0.1:1)");
		expect(stdout).toContain("aws");
	});

	it("is 77 for a token that may not, with the policy that it lacks", async () => {
		const { status, stderr } = await list(["listed"], { ...VAULT, VAULT_TOKEN: "wrong" });
		expect(status).toBe(77);
		expect(stderr).toContain('path "secret/metadata/listed" { capabilities = ["list"] }');
	});
});

describe("a mistake of list", () => {
	it.each<[readonly string[], number, string]>([
		[["a", "b"], 64, "dsta-run list takes one word"],
		[["a//b"], 64, '"a//b" is no secret path'],
		[["a/*"], 64, "Write segments joined by single slashes: folder/secret.\n"],
		[[], 69, "No configured backend can list its secrets"],
	])("%j: %i", async (args, status, words) => {
		expect(await list(args, {})).toMatchObject({ status, stderr: expect.stringContaining(words) });
	});
});

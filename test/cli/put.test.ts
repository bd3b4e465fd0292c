import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ask } from "../backends/aws/moto.ts";
import { folderWith, launch, launchSync } from "../process/launch.ts";
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
const SENTINEL = "sentinel-put-2718";
const FOLDER = mkdtempSync(join(tmpdir(), "dsta-run-put-"));

function put(args: readonly string[], input = "", env: NodeJS.ProcessEnv = VAULT) {
	const { status, stderr, stdout } = launchSync(["put", ...args], {
		cwd: FOLDER,
		env: { PATH: process.env.PATH, HOME: FOLDER, ...env },
		input,
	});
	expect(stdout + stderr).not.toMatch(/sentinel|root-token/);
	return { status, stderr, stdout };
}

async function stored(secret: string): Promise<unknown> {
	const { data } = await askVault(ADDRESS, "GET", `secret/data/${secret}`);
	return (data as { data: unknown }).data;
}

const store = (secret: string, data: object) => askVault(ADDRESS, "POST", `secret/data/${secret}`, { data });

describe.skipIf(ADDRESS === "")("dsta-run put, at Vault", () => {
	it("creates a secret and says where, without a map", async () => {
		expect(put(["put/new", "api_key=-"], `${SENTINEL}\n`)).toEqual({
			status: 0,
			stderr: "",
			stdout: "created secret/data/put/new at vault, now version 1: api_key\n",
		});
		expect(await stored("put/new")).toEqual({ api_key: SENTINEL });
	});

	it("keeps the other fields, and drops them with --replace", async () => {
		await store("put/merged", { other: "kept", number: 5432, deep: { a: [1] } });
		expect(put(["put/merged", "api_key=-"], SENTINEL).stdout).toMatch(/^updated secret\/data\/put\/merged /);
		expect(await stored("put/merged")).toEqual({
			other: "kept",
			number: 5432,
			deep: { a: [1] },
			api_key: SENTINEL,
		});
		expect(put(["--replace", "put/merged", "only=-"], SENTINEL).status).toBe(0);
		expect(await stored("put/merged")).toEqual({ only: SENTINEL });
	});

	it("takes a value as an argument, and warns that others can see it", async () => {
		const { status, stderr } = put(["put/argument", `api_key=${SENTINEL}`, "empty="]);
		expect(status).toBe(0);
		expect(stderr).toMatch(
			/^dsta-run: warn: the value of api_key stands in the command line, where other users can see it\n {2}fix: .*api_key=-.*api_key=@FILE.*\n$/,
		);
		expect(await stored("put/argument")).toEqual({ api_key: SENTINEL, empty: "" });
	});

	it.each([
		["a single line without its end", `${SENTINEL}\n`, SENTINEL],
		["a single line of Windows without its end", `${SENTINEL}\r\n`, SENTINEL],
		["a single line without an end as it is", SENTINEL, SENTINEL],
		["several lines as they are", `${SENTINEL}\nsecond\n`, `${SENTINEL}\nsecond\n`],
	])("takes of a file and of standard input %s", async (_what, text, value) => {
		writeFileSync(join(FOLDER, "source.txt"), text);
		const ended = put(["put/sources", "file=@source.txt", "input=-"], text);
		expect(ended).toMatchObject({ status: 0, stderr: "" });
		expect(await stored("put/sources")).toEqual({ file: value, input: value });
	});

	it.each(["", "\n"])("never takes an empty standard input for a value: %j", async (input) => {
		await store("put/kept", { key: "kept" });
		const { status, stderr } = put(["put/kept", "key=-"], input);
		expect(status).toBe(64);
		expect(stderr).toContain("There is no value for key: standard input is empty");
		expect(await stored("put/kept")).toEqual({ key: "kept" });
		expect(put(["put/kept", "key="]).status).toBe(0);
		expect(await stored("put/kept")).toEqual({ key: "" });
	});

	it("takes the value of the one field of a path from standard input where that is no terminal", async () => {
		expect(put(["put/field/api_key"], SENTINEL).status).toBe(0);
		expect(await stored("put/field")).toEqual({ api_key: SENTINEL });
	});

	it("answers with --json where it wrote, never what", () => {
		const { stdout } = put(["--json", "put/json", "b=-", "a="], SENTINEL);
		expect(JSON.parse(stdout)).toEqual({
			backend: "vault",
			location: "secret/data/put/json",
			version: "1",
			created: true,
			fields: ["a", "b"],
		});
	});

	it("loses nothing when several write at once", async () => {
		await store("put/busy", { first: "kept" });
		const writers = ["a", "b", "c"].map(
			(key) => launch(FOLDER, ["put", "-q", "put/busy", `${key}=v`], VAULT).ended,
		);
		expect((await Promise.all(writers)).map(({ status }) => status)).toEqual([0, 0, 0]);
		expect(await stored("put/busy")).toEqual({ first: "kept", a: "v", b: "v", c: "v" });
	});

	it("tells a token that may not write what its policy lacks, and changes nothing", async () => {
		const policy = 'path "secret/data/put/*" { capabilities = ["read"] }';
		await askVault(ADDRESS, "POST", "sys/policies/acl/put-read", { policy });
		const { auth } = await askVault(ADDRESS, "POST", "auth/token/create", { policies: ["put-read"] });
		const { client_token: token } = auth as { client_token: string };
		await store("put/denied", { a: "kept" });
		const { status, stderr } = put(["put/denied", "a=-"], SENTINEL, { ...VAULT, VAULT_TOKEN: token });
		expect(status).toBe(77);
		expect(stderr).toMatch(/error: Permission denied: .*update secret\/data\/put\/denied/);
		expect(stderr).toContain('path "secret/data/put/denied" { capabilities = ["update"] }');
		expect(await stored("put/denied")).toEqual({ a: "kept" });
	});
});

describe.skipIf(MOTO === "")("dsta-run put, at AWS", () => {
	const storedAt = async (id: string) =>
		JSON.parse((await ask<{ SecretString: string }>("GetSecretValue", { SecretId: id })).SecretString);

	it("creates a secret below dsta/, then keeps its other fields", async () => {
		const created = put(["--backend", "aws", "put/aws", "a=-"], SENTINEL, AWS);
		expect(created.stdout).toMatch(/^created dsta\/put\/aws at aws, now version \S+: a\n$/);
		expect(put(["--backend", "aws", "put/aws", "b=-"], SENTINEL, AWS).stdout).toMatch(
			/^updated dsta\/put\/aws /,
		);
		expect(await storedAt("dsta/put/aws")).toEqual({ a: SENTINEL, b: SENTINEL });
		expect(put(["--backend", "aws", "--replace", "put/aws", "c=-"], SENTINEL, AWS).status).toBe(0);
		expect(await storedAt("dsta/put/aws")).toEqual({ c: SENTINEL });
	});

	it("writes to the first backend of the chain that can be written", async () => {
		expect(put(["put/chained", "a=-"], SENTINEL, AWS).stdout).toMatch(/ at aws, /);
		if (ADDRESS === "") return;
		expect(put(["put/chained", "a=-"], SENTINEL, { ...AWS, ...VAULT }).stdout).toMatch(/ at vault, /);
	});
});

describe("a mistake of put", () => {
	const nobody = { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "t" };

	it.each<[string, readonly string[], string, number]>([
		["no path", [], "needs a path", 64],
		["a path that ends in its value", [`put/x/key=${SENTINEL}`], "has no = in it", 64],
		["a forgotten path", [`key=${SENTINEL}`, "other=x"], "has no = in it", 64],
		["a path without a field", ["single"], "single names no field", 64],
		["a path that is none", ["a//b", "c=x"], '"a//b" is no secret path', 64],
		["a value without a field", ["put/x", `${SENTINEL} $`], "A field is written key=value", 64],
		["a field twice", ["put/x", `a=${SENTINEL}`, "a=-"], "The field a is given twice", 64],
		["standard input for two", ["put/x", "a=-", "b=-"], "Only one field can come from standard input", 64],
		["standard input for two without a terminal", ["put/x", "a=-", "b"], "Only one field", 64],
		["an empty standard input where a value is asked for", ["put/x/a"], "There is no value for a", 64],
		[
			"a file that does not exist, or a value with an @",
			["put/x", `a=@${SENTINEL}`],
			"The file for a cannot be read: ENOENT",
			66,
		],
	])("%s is said without repeating a value", (_, args, words, status) => {
		const ended = put(args, "", nobody);
		expect(ended.stderr).toContain(words);
		expect(ended.stderr).toMatch(/\n {2}fix: /);
		expect(ended.status).toBe(status);
	});

	it("that nobody can be written to is 69", () => {
		expect(put(["put/x", "a=-"], SENTINEL, {})).toMatchObject({
			status: 69,
			stderr: expect.stringContaining("No configured backend"),
		});
	});

	it("that Vault is down is 75, in its words", () => {
		expect(put(["put/x", "a=-"], SENTINEL, nobody)).toMatchObject({
			status: 75,
			stderr: expect.stringContaining("error: Vault not available: Connection refused (http://127.0.0.1:1)"),
		});
	});

	it("that bytes are no text is 65", () => {
		writeFileSync(join(FOLDER, "binary"), Buffer.from([0xff, 0x00]));
		expect(put(["put/x", "a=@binary"], "", nobody)).toMatchObject({
			status: 65,
			stderr: expect.stringContaining("The file for a is not UTF-8 text"),
		});
	});

	it("in the map is one as everywhere", async () => {
		const { status } = await launch(folderWith("a/b/c: 1BAD\n"), ["put", "x/y", "a="], nobody).ended;
		expect(status).toBe(78);
	});
});

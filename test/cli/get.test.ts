import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { folderWith, launch } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const VAULT = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };
const NO_MAP = mkdtempSync(join(tmpdir(), "dsta-run-get-"));

const get = (args: readonly string[], env: NodeJS.ProcessEnv = VAULT, folder = NO_MAP) =>
	launch(folder, ["get", ...args], env).ended;

describe.skipIf(ADDRESS === "")("dsta-run get, without a map", () => {
	beforeAll(async () => {
		for (const port of [5432, 5433])
			await askVault(ADDRESS, "POST", "secret/data/got/db", {
				data: { password: "p w", port, lines: "a\nb", empty: "", nothing: null, deep: { x: ["y"] } },
			});
	});

	it.each([
		["got/db/password", "p w\n"],
		["got/db#password", "p w\n"],
		["got/db/port", "5433\n"],
		["got/db/empty", "\n"],
		["got/db#/deep/x/0", "y\n"],
		["got/db#/deep", '{"x":["y"]}\n'],
	])("prints the value of %s and a newline", async (path, stdout) => {
		expect(await get([path])).toMatchObject({ status: 0, stdout, stderr: "" });
	});

	it.each([["--version"], ["--secret-version"]])("prints an older version with %s", async (option) => {
		expect(await get([option, "1", "got/db/port"])).toMatchObject({ status: 0, stdout: "5432\n" });
	});

	it("prints the value alone with --raw", async () => {
		expect((await get(["--raw", "got/db/lines"])).stdout).toBe("a\nb");
	});

	it("tells with --json where it came from", async () => {
		const { stdout } = await get(["--json", "got/db/password"]);
		expect(JSON.parse(stdout)).toEqual({
			path: "got/db/password",
			backend: "vault",
			version: "2",
			value: "p w",
		});
	});

	it("prints all fields for a path that ends in /*", async () => {
		await askVault(ADDRESS, "POST", "secret/data/got/all", {
			data: { b: "x y", a: 1, lines: "a\nb", no: null },
		});
		expect((await get(["got/all/*"])).stdout).toBe('a=1\nb=x y\nlines="a\\nb"\n');
		expect(JSON.parse((await get(["--json", "got/all/*"])).stdout)).toMatchObject({
			backend: "vault",
			value: { a: "1", b: "x y", lines: "a\nb" },
		});
	});

	it("is 66 for what nobody has, null included, and prints --default instead where it is given", async () => {
		for (const path of ["got/db/none", "got/db/nothing", "got/none/key"]) {
			const { status, stderr, stdout } = await get([path]);
			expect({ status, stdout }).toEqual({ status: 66, stdout: "" });
			expect(stderr).toContain(`error: Secret not found: ${path}: vault has nothing at secret/data/`);
			expect(stderr).toContain(" [DSTA_NOT_FOUND]\n  fix: ");
		}
		expect(await get(["got/db/none", "--default", "d"])).toMatchObject({ status: 0, stdout: "d\n" });
		expect(await get(["got/db/none", "--default="])).toMatchObject({ status: 0, stdout: "\n" });
		expect(await get(["got/db/password", "--default", "d"])).toMatchObject({ stdout: "p w\n" });
	});

	it("is 77 where Vault refuses, default or not", async () => {
		const env = { ...VAULT, VAULT_TOKEN: "wrong" };
		expect(await get(["got/db/password", "--default", "d"], env)).toMatchObject({ status: 77, stdout: "" });
	});

	it("asks one backend alone with --backend", async () => {
		const env = { ...VAULT, GOT_DB_PASSWORD: "from env" };
		expect((await get(["got/db/password"], env)).stdout).toBe("p w\n");
		expect((await get(["got/db/password", "--backend", "env"], env)).stdout).toBe("from env\n");
		expect((await get(["got/db/password", "--backend", "vault"], { GOT_DB_PASSWORD: "x" })).status).toBe(78);
	});
});

describe.skipIf(ADDRESS === "")("dsta-run get, with a map", () => {
	const entry = (settings: string) => folderWith(`got/db/port: { env: PORT_OF_DB, ${settings} }\n`);

	it("honours the version, the backend and the type of the entry", async () => {
		expect((await get(["got/db/port"], VAULT, entry("version: 1"))).stdout).toBe("5432\n");
		const env = { ...VAULT, PORT_OF_DB: "1" };
		expect((await get(["got/db/port"], env, entry("backend: env"))).stdout).toBe("1\n");
		expect(await get(["got/db/port"], VAULT, entry("type: url"))).toMatchObject({ status: 65, stdout: "" });
		expect((await get(["got/db/port"], {}, entry("default: '7'"))).stdout).toBe("7\n");
	});

	it("takes an optional secret that nobody has for missing", async () => {
		expect((await get(["got/db/port"], {}, entry("optional: true"))).status).toBe(66);
	});

	it("asks for a path that the map does not have as well", async () => {
		expect((await get(["got/db/password"], VAULT, entry("version: 1"))).stdout).toBe("p w\n");
	});

	it("needs the map that is named", async () => {
		expect((await get(["-m", "none.yaml", "got/db/password"])).status).toBe(66);
	});
});

describe("a mistake of get", () => {
	it.each<[readonly string[], string]>([
		[[], "dsta-run get takes one path"],
		[["a/b", "c/d"], "dsta-run get takes one word"],
		[["a//b"], '"a//b" is no secret path'],
		[["a/*", "--default", "d"], "--default is for one value"],
	])("%j", async (args, words) => {
		const { status, stderr } = await get(args, {});
		expect(status).toBe(64);
		expect(stderr).toContain(words);
	});
});

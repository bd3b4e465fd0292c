import { readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportVariables } from "../../src/cli/commands/export.ts";
import { folderWith, launch } from "../process/launch.ts";
import { runHere } from "./in-process.ts";

const MAP = `chain: [env]
secrets:
  app/db/user: DB_USER
  app/db/password: { env: DB_PASSWORD }
  app/db/port: { env: DB_PORT, default: "5432", type: port }
  app/db/note: { env: DB_NOTE, optional: true }
  app/tls/key: { env: TLS_KEY_FILE, as: file }
templates:
  DB_URL: postgresql://\${app/db/user|url}@db:\${app/db/port}/app
`;
const ENV = { DB_USER: "me", DB_PASSWORD: "p'w", TLS_KEY_FILE: "the key" };

const run = (words: readonly string[], env: NodeJS.ProcessEnv = ENV, cwd = folderWith(MAP)) =>
	runHere(exportVariables, ["export", ...words], { cwd, env });

describe("dsta-run export", () => {
	it("prints what a command would get, as dotenv, and says which names are files", async () => {
		const { status, stderr, stdout } = await launch(folderWith(MAP), ["export"], ENV).ended;
		expect({ status, stdout }).toEqual({
			status: 0,
			stdout: 'DB_USER=me\nDB_PASSWORD="p\'w"\nDB_PORT=5432\nDB_URL=postgresql://me@db:5432/app\n',
		});
		expect(stderr).toMatch(
			/^dsta-run: warn: left out, since a run makes files of them: TLS_KEY_FILE\n {2}fix: /,
		);
	});

	it("ends as a run would where something is wrong, and prints nothing", async () => {
		const { DB_PASSWORD: _, ...lacking } = ENV;
		const missing = await run(["--format", "json"], lacking);
		expect(missing).toMatchObject({ status: 66, stdout: "" });
		expect(missing.stderr).toContain("Secret not found: app/db/password (for DB_PASSWORD)");
		expect((await run(["--format", "toml"])).status).toBe(64);
	});

	it("names each variable that the format cannot carry, and prints none", async () => {
		const env = { ...ENV, DB_USER: "a\nsecret", DB_PASSWORD: "b\nsecret" };
		const { status, stderr, stdout } = await run(["-f", "docker"], env);
		expect({ status, stdout }).toEqual({ status: 65, stdout: "" });
		for (const name of ["DB_USER", "DB_PASSWORD"])
			expect(stderr).toContain(`${name} cannot be written as docker: its value holds a line break`);
		expect(stderr).not.toContain("secret");
	});

	it("writes a file for this user alone, through a link, and never over what is no file", async () => {
		const folder = folderWith(MAP);
		writeFileSync(join(folder, "old.json"), "{}", { mode: 0o644 });
		symlinkSync("old.json", join(folder, "link.json"));
		const words = ["--format", "json", "--output"];
		expect(await run([...words, "link.json"], ENV, folder)).toMatchObject({ status: 0, stdout: "" });
		expect(JSON.parse(readFileSync(join(folder, "old.json"), "utf8")).DB_PASSWORD).toBe("p'w");
		expect(statSync(join(folder, "old.json")).mode & 0o777).toBe(0o600);
		expect((await run([...words, "/dev/null"])).status).toBe(64);
		for (const file of ["no/such/folder", "secrets.map.yaml/x"]) {
			const { status, stderr } = await run([...words, file]);
			expect({ status, stderr }).toEqual({
				status: 74,
				stderr: expect.stringContaining("cannot be written"),
			});
		}
	});

	it("gives the later steps of a job of GitHub the variables, and its log the values to hide", async () => {
		const folder = folderWith(MAP);
		const file = join(folder, "github_env");
		writeFileSync(file, "BEFORE=1\n");
		const { stdout } = await run(["--format", "github"], { ...ENV, GITHUB_ENV: file }, folder);
		expect(stdout).toBe(
			["me", "p'w", "5432", "postgresql://me@db:5432/app"].map((value) => `::add-mask::${value}\n`).join(""),
		);
		expect(readFileSync(file, "utf8")).toMatch(/^BEFORE=1\nDB_USER<<(dsta_\S+)\nme\n\1\nDB_PASSWORD<</);
		expect((await run(["--format", "github"])).status).toBe(78);
		expect((await run(["--format", "github", "-o", "x"], { GITHUB_ENV: file })).status).toBe(64);
	});

	it("calls the Secret of Kubernetes by the name that is given", async () => {
		expect((await run(["-f", "k8s", "--name", "api"])).stdout).toContain('metadata:\n  name: "api"\n');
		expect((await run(["-f", "k8s"])).stdout).toContain('  name: "dsta-secrets"\n');
		expect((await run(["-f", "k8s", "--name", "Api"])).status).toBe(64);
		expect((await run(["--name", "api"])).status).toBe(64);
	});
});

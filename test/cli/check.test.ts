import { execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { folderWith, launch } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const VAULT = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };
const DOWN = { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "t" };

const MAP = [
	"checked/db/password: DB_PASSWORD",
	"checked/db/host: { env: [DB_HOST, PG_HOST], default: localhost }",
	"checked/db/user: DB_USER",
	"checked/mail/password: { env: MAIL_PASSWORD, optional: true }",
	"checked/all/*: ALL_*",
	"",
].join("\n");

describe.skipIf(ADDRESS === "")("dsta-run check", () => {
	beforeAll(async () => {
		await askVault(ADDRESS, "POST", "secret/data/checked/db", { data: { password: "sentinel-1" } });
		await askVault(ADDRESS, "POST", "secret/data/checked/all", {
			data: { a: "sentinel-2", "b-c": "sentinel-3" },
		});
	});

	it("shows for each variable where its value comes from, and how long it took", async () => {
		const env = { ...VAULT, CHECKED_DB_USER: "sentinel-4" };
		const { status, stderr, stdout } = await launch(folderWith(MAP), ["check"], env).ended;
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		expect(
			stdout
				.replace(/ +[\d.]+ ms$/gm, "  N ms")
				.trimEnd()
				.split("\n")
				.map((line) => line.split(/ {2,}/)),
		).toEqual([
			["NAME", "PATH", "BACKEND", "STATUS", "TIME"],
			["DB_PASSWORD", "checked/db/password", "vault", "ok", "N ms"],
			["DB_HOST", "checked/db/host", "default", "default", "N ms"],
			["PG_HOST", "checked/db/host", "default", "default", "N ms"],
			["DB_USER", "checked/db/user", "env", "ok", "N ms"],
			["MAIL_PASSWORD", "checked/mail/password", "-", "absent", "N ms"],
			["ALL_A", "checked/all/*", "vault", "ok", "N ms"],
			["ALL_B_C", "checked/all/*", "vault", "ok", "N ms"],
		]);
	});

	it("shows the same as JSON", async () => {
		const { stdout } = await launch(folderWith(MAP), ["check", "--json"], VAULT).ended;
		const { entries, status } = JSON.parse(stdout);
		expect(status).toBe(66);
		expect(entries.slice(0, 4)).toEqual([
			{
				name: "DB_PASSWORD",
				path: "checked/db/password",
				backend: "vault",
				status: "ok",
				version: expect.stringMatching(/^\d+$/),
				durationMs: expect.any(Number),
			},
			{
				name: "DB_HOST",
				path: "checked/db/host",
				backend: "default",
				status: "default",
				durationMs: expect.any(Number),
			},
			{
				name: "PG_HOST",
				path: "checked/db/host",
				backend: "default",
				status: "default",
				durationMs: expect.any(Number),
			},
			{ name: "DB_USER", path: "checked/db/user", status: "DSTA_NOT_FOUND", durationMs: expect.any(Number) },
		]);
	});

	it("runs nothing and takes the options of a run", async () => {
		const { status } = await launch(folderWith("{}\n"), ["check", "--pristine", "--pass", "X", "--spawn"])
			.ended;
		expect(status).toBe(0);
	});

	it.each<[string, string, NodeJS.ProcessEnv, number]>([
		["nothing wrong", "checked/db/password: P", VAULT, 0],
		["a secret that nobody has", "checked/db/none: P", VAULT, 66],
		["a backend that is down", "checked/db/password: P", DOWN, 75],
		["a backend that is down and another that has it", "checked/db/password: P", { ...DOWN, P: "x" }, 0],
		["a token that is refused", "checked/db/password: P", { ...VAULT, VAULT_TOKEN: "x" }, 77],
		["a namespace that does not exist", "checked/db/password: P", { ...VAULT, VAULT_NAMESPACE: "none" }, 78],
		["a value of the wrong type", "checked/db/password: { env: P, type: port }", VAULT, 65],
		["a mistake in the map", "checked/db/password: 1P", VAULT, 78],
		[
			"a backend that is named and not configured",
			"checked/db/password: { env: P, backend: aws }",
			VAULT,
			78,
		],
		["several kinds at once", "{checked/db/password: { env: P, type: port }, checked/db/none: Q}", VAULT, 65],
	])("has the status of a run, which starts nothing: %s", async (_, map, env, status) => {
		const folder = folderWith(`${map}\n`);
		const args = ["--", "echo", "started"];
		const [checked, ran] = await Promise.all([
			launch(folder, ["check"], env).ended,
			launch(folder, args, env).ended,
		]);
		expect([checked.status, ran.status]).toEqual([status, status]);
		expect(ran.stdout).toBe(status === 0 ? "started\n" : "");
		expect(checked.stderr).toBe(ran.stderr);
	});

	it("has the status of a run for a map and an env file that are not there", async () => {
		const folder = folderWith("a/b/c: C\n");
		writeFileSync(join(folder, ".env"), "C='open\n");
		for (const [args, status] of [
			[["-m", "none.yaml"], 66],
			[[], 78],
			[["--no-env-file"], 66],
		] as const)
			expect((await launch(folder, ["check", ...args]).ended).status).toBe(status);
	});

	it("reads an env file from a pipe, once somebody writes into it", async () => {
		const folder = folderWith("a/b/c: C\n");
		execFileSync("mkfifo", [join(folder, "pipe")]);
		const { ended } = launch(folder, ["check", "-e", "pipe"]);
		const writer = spawn("sh", ["-c", "exec echo C=value > pipe"], { cwd: folder });
		const { status, stderr, stdout } = await ended;
		writer.kill();
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		expect(stdout).toMatch(/^C +a\/b\/c +env +ok/m);
	});
});

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPostgres, type Postgres, startPostgres } from "../servers/postgres.ts";
import { askVault } from "../servers/start.ts";
import { openExample } from "./open-example.ts";
import { IS_PREPARED, PREPARED } from "./prepared.ts";
import { storeSecrets } from "./secrets.ts";

const EXAMPLE = new URL("../../examples/rotation/", import.meta.url).pathname;
const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const PROGRAMS = findPostgres();
const NAMESPACE = "examples-rotation";

describe.skipIf(ADDRESS === "" || PROGRAMS === undefined)("rotation, with PostgreSQL", () => {
	let postgres: Postgres;
	let env: Readonly<Record<string, string>>;
	beforeAll(async () => {
		postgres = await startPostgres(PROGRAMS as string);
		for (const [role, password] of [
			["app_a", "'s3ntinel-of-a'"],
			["app_b", "NULL"],
		])
			postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD ${password}`);
		postgres.query("CREATE DATABASE dsta");
		const { password, port } = postgres;
		env = await storeSecrets(NAMESPACE, {
			"database/app": { url: `postgresql://app_a:s3ntinel-of-a@127.0.0.1:${port}/dsta` },
			"database/admin": { user: "postgres", password, host: "127.0.0.1", port: String(port) },
			app: { secret_key: "s3ntinel-key" },
		});
	});
	afterAll(() => postgres?.stop());

	/** The login that is stored now. */
	async function stored(): Promise<{ readonly user: string; readonly password: string }> {
		const { data } = await askVault(ADDRESS, "GET", "secret/data/database/app", undefined, NAMESPACE);
		const { password, username } = new URL((data as { data: { url: string } }).data.url);
		return { user: username, password };
	}

	function canLogIn({ password, user }: { readonly user: string; readonly password: string }): boolean {
		const words = ["-h", "127.0.0.1", "-p", String(postgres.port), "-U", user, "-Atc", "SELECT 1", "dsta"];
		return spawnSync("psql", words, { env: { ...process.env, PGPASSWORD: password } }).status === 0;
	}

	it("takes the other role, keeps the old one for its grace, and then retires it", async () => {
		using example = openExample("rotation");
		const first = await stored();
		const { status, stdout } = await example.start("dsta-run rotate database/app/url", env).ended;
		expect({ status, stdout }).toEqual({
			status: 0,
			stdout: expect.stringMatching(/verify +done +\.\/log-in\n {2}revoke +later/),
		});
		const second = await stored();
		expect([first.user, second.user]).toEqual(["app_a", "app_b"]);
		expect([canLogIn(first), canLogIn(second)]).toEqual([true, true]);

		const early = spawnSync("sh", ["-c", "dsta-run rotate --resume --force database/app/url"], {
			cwd: example.folder,
			env: {
				...process.env,
				...env,
				PATH: `${join(example.folder, "node_modules/.bin")}:${process.env.PATH}`,
			},
			encoding: "utf8",
		});
		expect({ status: early.status, stderr: early.stderr }).toMatchObject({ status: 0 });
		expect([canLogIn(first), canLogIn(second)]).toEqual([false, true]);
		const all = stdout + early.stdout + early.stderr;
		for (const password of [first.password, second.password, postgres.password])
			expect(all).not.toContain(password);
		expect((await example.start("dsta-run rotate --list", env).ended).stdout).toMatch(
			/database\/app\/url +vault +2 .* 30d .* due in 2?9 d/,
		);
	});
});

describe("what rotates by the clock", () => {
	it.skipIf(!IS_PREPARED)("is what Kubernetes takes, to the last property", () => {
		const { status, stderr } = spawnSync(
			join(PREPARED, "bin/kubernetes-validate"),
			["--strict", "--quiet", join(EXAMPLE, "cronjob.yaml")],
			{ encoding: "utf8" },
		);
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
	});

	it.skipIf(spawnSync("systemd-analyze", ["--version"]).status !== 0)("is what systemd takes", () => {
		const folder = mkdtempSync(join(tmpdir(), "dsta-run-units-"));
		for (const name of ["dsta-rotate.service", "dsta-rotate.timer"]) {
			const unit = readFileSync(join(EXAMPLE, name), "utf8").replaceAll(
				"/usr/bin/dsta-run",
				process.execPath,
			);
			writeFileSync(join(folder, name), unit);
		}
		const { stderr } = spawnSync(
			"systemd-analyze",
			["verify", join(folder, "dsta-rotate.timer"), join(folder, "dsta-rotate.service")],
			{
				encoding: "utf8",
			},
		);
		expect(stderr.split("\n").filter((line) => line.includes("dsta-rotate"))).toEqual([]);
	});

	it("has a line of cron that a shell can read, which writes only where something is wrong", () => {
		const line = readFileSync(join(EXAMPLE, "crontab"), "utf8")
			.split("\n")
			.find((one) => /^\d/.test(one)) as string;
		const command = line.split(" ").slice(5).join(" ").replace("/etc/dsta/rotation", ".");
		// In cron a % would be a newline.
		expect(command).not.toContain("%");
		const folder = mkdtempSync(join(tmpdir(), "dsta-run-cron-"));
		for (const [status, output] of [
			[0, ""],
			[75, "words\n"],
		] as const) {
			writeFileSync(join(folder, "dsta-run"), `#!/bin/sh\necho words\nexit ${status}\n`, { mode: 0o755 });
			const env = { PATH: `${folder}:${process.env.PATH}` };
			expect(execFileSync("sh", ["-c", command], { env, encoding: "utf8" })).toBe(output);
		}
	});
});

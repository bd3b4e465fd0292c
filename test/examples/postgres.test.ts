import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPostgres, type Postgres, startPostgres } from "../servers/postgres.ts";
import { freePort } from "../servers/start.ts";
import { openExample } from "./open-example.ts";
import { CAN_START, storeSecrets } from "./secrets.ts";

const PROGRAMS = findPostgres();
const PASSWORD = "s3ntinel@of/a:pass%word";

describe.skipIf(!CAN_START || PROGRAMS === undefined)("the examples with PostgreSQL", () => {
	let postgres: Postgres;
	let env: Readonly<Record<string, string>>;
	beforeAll(async () => {
		postgres = await startPostgres(PROGRAMS as string);
		postgres.query(`CREATE ROLE dsta LOGIN PASSWORD '${PASSWORD}'`);
		postgres.query("CREATE DATABASE dsta OWNER dsta");
		env = await storeSecrets("examples-postgres", {
			"database/postgres": { host: "127.0.0.1", port: String(postgres.port), password: PASSWORD },
			app: { secret_key: "sentinel-of-a-key" },
		});
	});
	afterAll(() => postgres?.stop());

	it.each([
		["psql, by the PG* variables", "dsta-run -- psql", "dsta\n"],
		["pg_dump, by the same", "dsta-run -- pg_dump", "PostgreSQL database dump complete"],
		["Python, by a URL", "dsta-run -- python", "dsta\n"],
	])("postgres: %s", async (_, command, output) => {
		using example = openExample("postgres");
		const { status, stdout } = await example.start(command, env).ended;
		expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining(output) });
		expect(stdout).not.toContain(PASSWORD);
	});

	it("django: asks its database behind gunicorn, is loaded anew at HUP, and ends at TERM", async () => {
		using example = openExample("django");
		const PORT = String(await freePort());
		const { child, ended, said } = example.start("dsta-run -- gunicorn", { ...env, PORT });
		const ask = async () => (await fetch(`http://127.0.0.1:${PORT}/healthz`)).json();
		await Promise.race([said("Listening at"), ended]);
		expect(await ask()).toEqual({ select: 1, user: "dsta" });
		const file = join(example.folder, "urls.py");
		writeFileSync(file, readFileSync(file, "utf8").replace("SELECT 1", "SELECT 22"));
		child.kill("SIGHUP");
		await expect.poll(ask, { timeout: 20_000 }).toEqual({ select: 22, user: "dsta" });
		child.kill("SIGTERM");
		const { status, stdout } = await ended;
		expect({ status, stdout }).toEqual({
			status: 0,
			stdout: expect.stringMatching(/Handling signal: term[\s\S]*Shutting down: Master/),
		});
		expect(stdout).not.toContain("entinel");
	});

	it("django: finds its database good from the command line", async () => {
		using example = openExample("django");
		const { ended } = example.start("dsta-run -- python manage.py check", env);
		expect(await ended).toMatchObject({ status: 0, stdout: expect.stringContaining("no issues") });
	});
});

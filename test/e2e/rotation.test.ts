import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Example, openExample } from "../examples/open-example.ts";
import { storeSecrets } from "../examples/secrets.ts";
import { BUILD, type Ended, follow, type Launch, launch } from "../process/launch.ts";
import { findPostgres, type Postgres, startPostgres } from "../servers/postgres.ts";

const SERVICE = new URL("../process/programs/log-in-again", import.meta.url).pathname;
const PROGRAMS = findPostgres();
const NAMESPACE = `rotation-${BUILD}`;

/** A service that runs with the login that is rotated, and follows it. */
interface Follower extends Launch {
	/** What it tells of its versions. */
	readonly address: string;
	/** Each login that it has tried, in order: its role, or `refused`. */
	logins(): readonly string[];
	warnings(): string;
}

const waitFor = (...followers: readonly Follower[]) =>
	`{ wait_for: ${JSON.stringify(followers.map(({ address }) => address))} }`;

describe.skipIf(!process.env.DSTA_TEST_VAULT || PROGRAMS === undefined)(
	"a login of PostgreSQL that is rotated below a service",
	() => {
		let postgres: Postgres;
		let example: Example;
		let env: Readonly<Record<string, string>>;
		const started: Follower[] = [];
		const sockets = mkdtempSync(join(tmpdir(), "dsta-run-"));

		beforeAll(async () => {
			postgres = await startPostgres(PROGRAMS as string);
			const { password, port } = postgres;
			for (const role of ["app_a", "app_b"]) postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD 'first'`);
			postgres.query("CREATE DATABASE dsta");
			env = await storeSecrets(NAMESPACE, {
				"database/app": { url: `postgresql://app_a:first@127.0.0.1:${port}/dsta` },
				"database/admin": { user: "postgres", password, host: "127.0.0.1", port: String(port) },
			});
			example = openExample("rotation");
		});
		afterAll(async () => {
			// Only after a failure is there one.
			for (const { child } of started)
				if (child.exitCode === null && child.signalCode === null)
					process.kill(-(child.pid as number), "SIGKILL");
			example?.[Symbol.dispose]();
			await postgres?.stop();
			rmSync(sockets, { recursive: true });
		});

		/** Starts a service below a launcher that follows what an entry says. */
		function startFollower(name: string, entry: string, more: NodeJS.ProcessEnv = {}): Follower {
			const map = join(example.folder, `${name}.map.yaml`);
			const logins = join(example.folder, `${name}.logins`);
			// One that fails has the time to do so; the others are waited for until theirs is over.
			const run = `run: { watch: 50ms, settle: 10ms, probation: ${more.FRAIL ? "1m" : "300ms"} }`;
			writeFileSync(map, `${run}\nsecrets:\n  database/app/url: ${entry}\n`);
			writeFileSync(logins, "");
			const address = `unix:${sockets}/${name}`;
			const words = ["--map", map, "--metrics", address, "--", SERVICE];
			const launched = launch(example.folder, words, { ...env, ...more, LOGINS: logins });
			let stderr = "";
			launched.child.stderr?.on("data", (chunk) => (stderr += chunk));
			const follower = {
				...launched,
				address,
				warnings: () => stderr,
				logins: () => readFileSync(logins, "utf8").split("\n").slice(0, -1),
			};
			started.push(follower);
			return follower;
		}

		function rotate(settings: string, ...args: readonly string[]): Promise<Ended> {
			const entry = `{ env: DATABASE_URL, rotate: { generate: { command: [./next-role] }, ${settings} } }`;
			writeFileSync(join(example.folder, "secrets.map.yaml"), `secrets:\n  database/app/url: ${entry}\n`);
			const bin = join(example.folder, "node_modules/.bin");
			const child = spawn(join(bin, "dsta-run"), ["rotate", ...args, "database/app/url"], {
				cwd: example.folder,
				env: { ...env, PATH: [bin, process.env.PATH].join(delimiter) },
			});
			return follow(child).ended;
		}

		it("is refused to nobody: not to one that is started anew, nor to one that reads its file at a signal", async () => {
			const followers = [
				startFollower("restart", "DATABASE_URL"),
				startFollower("signal", "{ env: DATABASE_URL, as: file, on_change: { signal: HUP } }"),
			];
			await Promise.all(followers.map(({ said }) => said("serving")));
			// Nobody is in the middle of a login with the old one any more.
			const inUse =
				'role=$(./log-in); for file in *.logins; do until tail -n 1 "$file" | grep -qx "$role"; do sleep 0.02; done; done';
			const rotated = await rotate(
				`restart: ${waitFor(...followers)}, verify: { command: [sh, -c, '${inUse}'] }, revoke: { command: [./retire-role] }`,
			);
			expect(rotated).toMatchObject({ status: 0, stdout: expect.stringMatching(/revoke +done/) });
			expect(postgres.query("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'app_a'")).toBe("f");
			for (const { child, ended, logins } of followers) {
				const before = logins().length;
				await expect.poll(() => logins().length, { timeout: 10_000 }).toBeGreaterThan(before + 3);
				child.kill("SIGTERM");
				expect((await ended).status).toBe(0);
			}
			const roles = followers.map(({ logins }) => logins().filter((role, i, all) => role !== all[i - 1]));
			expect(roles).toEqual([
				["app_a", "app_b"],
				["app_a", "app_b"],
			]);
			const starts = await Promise.all(followers.map(async ({ ended }) => (await ended).stdout));
			expect(starts).toEqual(["serving\nserving\n", "serving\n"]);
		});

		it("is taken back where the service cannot start with it, and that serves all the time", async () => {
			const one = startFollower("frail", "DATABASE_URL", { FRAIL: "yes" });
			await one.said("serving");
			const [role] = one.logins();
			const wrong = `postgresql://${role}:wrong@127.0.0.1:${postgres.port}/dsta`;
			writeFileSync(join(example.folder, "wrong"), wrong);
			const restart = `restart: { wait_for: ["${one.address}"], timeout: 1s }`;
			const rotated = await rotate(restart, "--value-from", "@wrong");
			expect(rotated).toMatchObject({
				status: 75,
				stderr: expect.stringContaining("not all instances have taken version"),
			});
			await expect
				.poll(() => one.warnings(), { timeout: 10_000 })
				.toContain("runs with the previous values again");
			const back = await rotate(`restart: ${waitFor(one)}`, "--rollback");
			expect(back).toMatchObject({ status: 0 });
			one.child.kill("SIGTERM");
			const { status, stderr } = await one.ended;
			expect(status).toBe(0);
			const refused = one.logins().filter((login) => login === "refused");
			expect(refused).toHaveLength(1);
			expect(one.logins().at(-1)).toBe(role);
			expect(rotated.stdout + rotated.stderr + back.stdout + back.stderr + stderr).not.toContain("wrong@");
		});
	},
);

import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { freePort } from "./start.ts";

export interface Postgres extends AsyncDisposable {
	readonly port: number;
	/** The password of its first user, `postgres`. */
	readonly password: string;
	/** Asks it as that user, and gives what it answers. */
	query(sql: string): string;
	stop(): Promise<void>;
}

/** Where Debian has the programs of the server, which it keeps out of PATH. */
const DEBIAN = "/usr/lib/postgresql";
const NOBODY = 65534;

/** The folder of PostgreSQL's programs; `undefined` where there is none. CI must have one. */
export function findPostgres(): string | undefined {
	const versions = existsSync(DEBIAN)
		? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, "bin"))
		: [];
	const found = [...(process.env.PATH ?? "").split(delimiter), ...versions].find((folder) =>
		["initdb", "postgres"].every((name) => existsSync(join(folder, name))),
	);
	if (found === undefined && process.env.CI) throw new Error("there is no PostgreSQL");
	return found;
}

/** Starts PostgreSQL with an empty database, as a user that it accepts: it refuses to be root. */
export async function startPostgres(programs: string): Promise<Postgres> {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-postgres-"));
	const password = "s3ntinel-of-postgres";
	const passwordFile = join(folder, "password");
	writeFileSync(passwordFile, password);
	const isRoot = process.getuid?.() === 0;
	if (isRoot) for (const path of [folder, passwordFile]) chownSync(path, NOBODY, NOBODY);
	const options: SpawnOptions = { cwd: folder, ...(isRoot && { uid: NOBODY, gid: NOBODY }) };
	const data = join(folder, "data");
	const initial = ["-U", "postgres", "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
	execFileSync(join(programs, "initdb"), ["-D", data, "--no-sync", "--locale=C", ...initial], {
		...options,
		stdio: "pipe",
	});
	const port = await freePort();
	const settings = ["listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`, "fsync=off"];
	const words = ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
	const child = spawn(join(programs, "postgres"), words, { ...options, stdio: ["ignore", "ignore", "pipe"] });
	const kill = () => child.kill("SIGQUIT");
	process.once("exit", kill);
	await untilReady(child);

	async function stop(): Promise<void> {
		process.off("exit", kill);
		if (child.exitCode === null && child.signalCode === null) {
			kill();
			await once(child, "exit");
		}
		rmSync(folder, { recursive: true, force: true });
	}

	return {
		port,
		password,
		query(sql) {
			const address = ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres"];
			const env = { ...process.env, PGPASSWORD: password };
			return execFileSync("psql", [...address, "-Atc", sql], { env, encoding: "utf8" }).trim();
		},
		stop,
		[Symbol.asyncDispose]: stop,
	};
}

async function untilReady(child: ChildProcess): Promise<void> {
	let output = "";
	for await (const chunk of child.stderr ?? []) {
		output += chunk;
		if (output.includes("ready to accept connections")) break;
	}
	if (!output.includes("ready to accept connections"))
		throw new Error(`PostgreSQL has not started:\n${output}`);
}

import { spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { BackendName } from "../../src/backends/registry.ts";
import { openSnapshot } from "../../src/resolve/snapshot/snapshot.ts";
import { parseSecretPath } from "../../src/secret-path.ts";
import { KEYS } from "../backends/aws/backend.ts";
import { ask } from "../backends/aws/moto.ts";
import { secretV2, startFakeVault } from "../backends/vault/fake-vault.ts";
import { createBackend } from "../contract/context.ts";
import { installed, REAPERS, type Reaper, wordsOfInit } from "../process/init.ts";
import { type Ended, folderWith, follow, isRunning, LAUNCHER, launch } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";
import { startProxy } from "../servers/wire.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const MOTO = process.env.DSTA_TEST_MOTO ?? "";
const SENTINEL = "sentinel-of-the-snapshot";
const KEY = Buffer.from("5e".repeat(32), "hex");
const HOUR_MS = 3_600_000;

const DEAD = { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: ROOT_TOKEN };
const SNAPSHOT = "snapshot: { file: app.snapshot, key: { file: key } }\n";
const LINE = "secrets:\n  kept/db/password: PASSWORD\n";
const MAP = SNAPSHOT + LINE;
const PRINT = ["--", "printenv", "PASSWORD"];

/** A folder with a map, and the key that it names. */
function folderFor(map: string): string {
	const folder = folderWith(map);
	writeFileSync(join(folder, "key"), KEY.toString("base64"), { mode: 0o600 });
	return folder;
}

const fileIn = (folder: string) => join(folder, "app.snapshot");

interface Kept {
	readonly env?: NodeJS.ProcessEnv;
	readonly value?: string;
	readonly ageMs?: number;
	readonly backend?: BackendName;
}

/** Writes into a folder what a run would have kept some time ago. */
async function keep(
	folder: string,
	{ ageMs = 0, backend: name = "vault", env = DEAD, value = SENTINEL }: Kept = {},
): Promise<void> {
	const snapshot = await openSnapshot(
		{ file: fileIn(folder), maxAgeMs: HOUR_MS, key: { file: join(folder, "key") } },
		{
			cwd: folder,
			env: {},
			user: process.geteuid?.() ?? 0,
			strict: false,
			warn: (message) => expect.fail(message),
			now: () => Date.now() - ageMs,
		},
	);
	const backend = await createBackend(name, { env });
	const request = { path: parseSecretPath("kept/db/password"), names: ["PASSWORD"] };
	const attempt = { backend: name, outcome: "found", detail: "", durationMs: 1 } as const;
	const found = { value, location: "secret/data/kept/db", version: "7" };
	if (backend !== undefined) await snapshot.review(backend, [{ request, attempt, found }]);
	await snapshot.save();
}

/** Runs dsta-run at its most talkative; nothing secret may come out on standard error. */
async function run(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = DEAD): Promise<Ended> {
	return harmless(await launch(folder, ["--log-level", "trace", ...args], env).ended);
}

function harmless(ended: Ended): Ended {
	for (const secret of [
		SENTINEL,
		ROOT_TOKEN,
		KEY.toString("hex"),
		KEY.toString("base64"),
		KEY.toString("latin1"),
	])
		expect(ended.stderr).not.toContain(secret);
	return ended;
}

describe.skipIf(ADDRESS === "" || MOTO === "")("a snapshot", () => {
	beforeAll(async () => {
		await askVault(ADDRESS, "POST", "secret/data/kept/db", { data: { password: SENTINEL, user: "u" } });
		await ask("CreateSecret", { Name: "dsta/kept/db", SecretString: JSON.stringify({ password: SENTINEL }) });
	});

	it.each(["--spawn", "--exec"])(
		"gives a later start what Vault said last, once Vault is down: %s",
		async (mode) => {
			const folder = folderFor(
				`${MAP}  kept/db/user: USER_NAME\n  kept/none: { env: NONE, optional: true }\n`,
			);
			const proxy = await startProxy(ADDRESS);
			const env = { VAULT_ADDR: proxy.address, VAULT_TOKEN: ROOT_TOKEN };
			const first = await run(folder, [mode, ...PRINT], env);
			await proxy[Symbol.asyncDispose]();
			expect(first).toMatchObject({ status: 0, stdout: `${SENTINEL}\n` });
			expect(first.stderr).not.toContain("the snapshot");
			const bytes = readFileSync(fileIn(folder), "latin1");
			for (const shown of [SENTINEL, ROOT_TOKEN, "kept", "127.0.0.1"]) expect(bytes).not.toContain(shown);

			const { status, stderr, stdout } = await run(folder, [mode, "--", "env"], env);
			expect(status).toBe(0);
			expect(stdout).toContain(`PASSWORD=${SENTINEL}\n`);
			expect(stdout).toContain("USER_NAME=u\n");
			expect(stdout).not.toContain(KEY.toString("base64"));
			expect(stderr).toMatch(
				/^dsta-run: warn: Vault not available: Connection refused .*; the snapshot stands in for it: 3 answers, read \d+ s ago \[DSTA_UNAVAILABLE\]\n {2}fix: /m,
			);
			expect(stderr).not.toMatch(/on to the next|stands in for vault/);
		},
	);

	it("gives a later start what AWS said last", async () => {
		const folder = folderFor(MAP.replace("PASSWORD", "{ env: PASSWORD, backend: aws }"));
		const proxy = await startProxy(MOTO);
		const env = { ...KEYS, AWS_ENDPOINT_URL: proxy.address };
		expect(await run(folder, PRINT, env)).toMatchObject({ status: 0, stdout: `${SENTINEL}\n` });
		await proxy[Symbol.asyncDispose]();
		const { status, stderr, stdout } = await run(folder, PRINT, env);
		expect({ status, stdout }).toEqual({ status: 0, stdout: `${SENTINEL}\n` });
		expect(stderr).toMatch(/AWS .*; the snapshot stands in for it: 1 answer, read \d+ s ago/);
		const elsewhere = await run(folder, PRINT, { ...env, AWS_REGION: "eu-west-1" });
		expect(elsewhere).toMatchObject({ status: 75, stdout: "" });
	});

	it.each<[what: string, settings: string, args: readonly string[], env: NodeJS.ProcessEnv, Partial<Ended>]>([
		["before a stale .env", "", PRINT, { PASSWORD: "stale" }, { status: 0, stdout: `${SENTINEL}\n` }],
		[
			"where the policy stops",
			"on: { unavailable: stop }\n",
			PRINT,
			{},
			{ status: 0, stdout: `${SENTINEL}\n` },
		],
		["not with --strict", "", ["--strict", ...PRINT], { PASSWORD: "stale" }, { status: 75, stdout: "" }],
		["not for another server", "", PRINT, { VAULT_ADDR: "http://127.0.0.1:2" }, { status: 75, stdout: "" }],
		["not by get", "", ["get", "kept/db/password"], {}, { status: 75, stdout: "" }],
	])("stands in for a Vault that is down %s", async (_what, settings, args, env, ended) => {
		const folder = folderFor(settings + MAP);
		await keep(folder);
		expect(await run(folder, args, { ...DEAD, ...env })).toMatchObject(ended);
	});

	it("leaves to the chain what it has no answer for, and says so", async () => {
		const folder = folderFor(`${MAP}  kept/new: NEW\n`);
		await keep(folder);
		const { status, stderr, stdout } = await run(folder, ["--", "printenv", "PASSWORD", "NEW"], {
			...DEAD,
			NEW: "n",
		});
		expect({ status, stdout }).toEqual({ status: 0, stdout: `${SENTINEL}\nn\n` });
		expect(stderr).toMatch(/1 entry goes on to the next backend/);
		expect(stderr).toMatch(/is not used: it holds no answer to this question \(for kept\/new\)\n {2}fix: /);
	});

	it("tells its age in check and explain, which write none and show no value", async () => {
		const folder = folderFor(`${MAP}templates:\n  URL: \${kept/db/password}@host\n`);
		await keep(folder, { ageMs: 3 * HOUR_MS + 1 });
		const outputs = await Promise.all(
			[["check"], ["check", "--json"], ["explain"], ["explain", "--json"]].map(async (args) => {
				const { status, stderr, stdout } = await run(folder, args);
				expect(status).toBe(0);
				expect(stderr).toContain("1 answer, read 3 h ago");
				expect(stdout).not.toContain(SENTINEL);
				return stdout;
			}),
		);
		const [table = "", rows = "", text = "", ways = ""] = outputs;
		expect(table.match(/ok \(snapshot, 3 h old\)/g)).toHaveLength(2);
		for (const row of JSON.parse(rows).entries) expect(row.snapshotAgeMs).toBeGreaterThan(3 * HOUR_MS);
		expect(text).toMatch(
			/vault +found +secret\/data\/kept\/db, read 3 h ago \(snapshot\): Vault not available/,
		);
		expect(JSON.parse(ways)[0].attempts[0]).toMatchObject({
			outcome: "found",
			code: "DSTA_UNAVAILABLE",
			snapshot: { ageMs: expect.any(Number) },
		});
		const untouched = folderFor(MAP);
		for (const command of ["check", "explain"])
			expect(await run(untouched, [command], { ...DEAD, VAULT_ADDR: ADDRESS })).toMatchObject({ status: 0 });
		expect(existsSync(fileIn(untouched))).toBe(false);
	});

	it("is not used when it is too old, and the warning and explain say how old it is", async () => {
		const folder = folderFor(MAP);
		await keep(folder, { ageMs: 25 * HOUR_MS });
		const words = /the snapshot .* is not used: its answer is 1 d old, and snapshot.max_age is 1 d/;
		const { status, stderr, stdout } = await run(folder, ["explain"]);
		expect(status).toBe(75);
		for (const text of [stderr, stdout]) expect(text).toMatch(words);
	});

	it.each<[settings: string, args: readonly string[], status: number, isLeft: boolean]>([
		["", PRINT, 77, false],
		["", ["check"], 77, false],
		["on: { denied: next }\n", PRINT, 0, false],
		["", ["get", "kept/db/password"], 77, true],
	])("is deleted when Vault denies access: %j %j", async (settings, args, status, isLeft) => {
		const folder = folderFor(settings + MAP);
		const env = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: "revoked", PASSWORD: "inherited" };
		await keep(folder, { env });
		const ended = await run(folder, args, env);
		expect(ended.status).toBe(status);
		expect(existsSync(fileIn(folder))).toBe(isLeft);
		if (isLeft) expect(ended.stderr).not.toContain("the snapshot");
		else
			expect(ended.stderr).toContain(`the snapshot ${fileIn(folder)} is deleted, since vault denied access`);
	});

	it("is written by the end of the command, however it ends", async () => {
		const env = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };
		const endings: [string[], Partial<Ended>][] = [
			[["sh", "-c", "kill -KILL $$"], { signal: "SIGKILL" }],
			[["no-such-command"], { status: 127 }],
		];
		for (const [command, end] of endings) {
			const folder = folderFor(MAP);
			expect(await run(folder, ["--", ...command], env)).toMatchObject(end);
			expect(existsSync(fileIn(folder))).toBe(true);
		}
	});

	it.each<[what: string, mount: string, words: RegExp]>([
		["without room", "size=4k", /no space is left/],
		["that is read-only", "ro", /the file system is read-only/],
	])("is a warning on a file system %s, and the command starts", async (_what, option, words) => {
		const folder = folderFor(MAP.replace("app.snapshot", "/mnt/app.snapshot"));
		await askVault(ADDRESS, "POST", "secret/data/kept/large", { data: { text: "x".repeat(10_000) } });
		writeFileSync(join(folder, "secrets.map.yaml"), "  kept/large/text: LARGE\n", { flag: "a" });
		const script = `mount -t tmpfs -o mode=700,${option} tmpfs /mnt && "$@"; status=$?; ls -A /mnt; exit $status`;
		const child = spawn(
			installed("unshare") as string,
			["-Urm", "sh", "-c", script, "sh", ...LAUNCHER, ...PRINT],
			{ cwd: folder, env: { PATH: process.env.PATH, VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN } },
		);
		const ended = harmless(await follow(child).ended);
		expect(ended).toMatchObject({ status: 0, stdout: `${SENTINEL}\n` });
		expect(ended.stderr).toMatch(words);
	});

	it.each<[key: string, words: RegExp]>([
		["{ file: missing }", /The snapshot has no key: .*\/missing does not exist/],
		["{ file: short }", /\/short is no key of 256 bits/],
		["{ credential: k }", /there is no credential k: CREDENTIALS_DIRECTORY is not set/],
	])("whose key is %s ends the run before anybody is asked", async (key, words) => {
		await using vault = await startFakeVault(() => secretV2({ password: SENTINEL }));
		const folder = folderFor(MAP.replace("{ file: key }", key));
		writeFileSync(join(folder, "short"), KEY.subarray(1));
		const env = { VAULT_ADDR: vault.url, VAULT_TOKEN: ROOT_TOKEN };
		const { status, stderr, stdout } = await run(folder, PRINT, env);
		expect({ status, stdout }).toEqual({ status: 78, stdout: "" });
		expect(stderr).toMatch(words);
		expect(vault.calls).toEqual([]);
	});

	it("whose key command fails is a warning, and the command starts", async () => {
		const folder = folderFor(MAP.replace("{ file: key }", "{ command: [sh, -c, 'cat key; exit 3'] }"));
		const { status, stderr, stdout } = await run(folder, PRINT, { ...DEAD, VAULT_ADDR: ADDRESS });
		expect({ status, stdout }).toEqual({ status: 0, stdout: `${SENTINEL}\n` });
		expect(
			stderr.match(/The snapshot has no key: sh was to print it, and ended with status 3/g),
		).toHaveLength(1);
		expect(existsSync(fileIn(folder))).toBe(false);
	});

	it("whose key command still runs takes it along, with all that it has started, when a signal ends the run", async () => {
		const script = "sleep 60 & echo $! >helper; echo $$ >started; wait";
		const folder = folderFor(MAP.replace("{ file: key }", () => `{ command: [sh, -c, '${script}'] }`));
		const { child, ended } = launch(folder, PRINT, DEAD);
		const pidIn = (name: string) => Number(readFileSync(join(folder, name), "utf8"));
		await expect
			.poll(() => existsSync(join(folder, "started")) && pidIn("started"), { timeout: 10_000 })
			.toBeGreaterThan(1);
		child.kill("SIGTERM");
		expect(await ended).toEqual({ status: null, signal: "SIGTERM", stdout: "", stderr: "" });
		await expect.poll(() => [pidIn("started"), pidIn("helper")].some(isRunning)).toBe(false);
	});

	it("has its key from a command, as PID 1 as well", async () => {
		const folder = folderFor(MAP.replace("{ file: key }", "{ command: [sh, -c, 'sleep 0.2; cat key'] }"));
		chmodSync(folder, 0o755);
		const [file = "", ...args] = wordsOfInit(REAPERS[0] as Reaper);
		const env = { PATH: process.env.PATH, HOME: folder, VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };
		const child = spawn(file, [...args, ...LAUNCHER, "--", "env"], { cwd: folder, env, detached: true });
		const ended = harmless(await follow(child).ended);
		expect(ended).toMatchObject({ status: 0, stderr: "" });
		expect(ended.stdout).toContain(`PASSWORD=${SENTINEL}\n`);
		expect(existsSync(fileIn(folder))).toBe(true);
	});
});

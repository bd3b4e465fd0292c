import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { audit } from "../../src/cli/commands/audit.ts";
import { get } from "../../src/cli/commands/get.ts";
import { migrate } from "../../src/cli/commands/migrate.ts";
import { put } from "../../src/cli/commands/put.ts";
import { runHere } from "../cli/in-process.ts";
import { folderWith, launch } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const VAULT = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };
const SENTINEL = "s3ntinel";

const MAP = [
	"audit: { file: audit.jsonl, max_size: 1M }",
	"secrets:",
	"  audited/app/key: APP_KEY",
	"  audited/app/*: ALL_*",
	"  audited/here/secret_key: { env: HERE, backend: env }",
	"  audited/none/key: { env: NONE, optional: true }",
	"templates:",
	"  URL: https://${audited/app/other}@${audited/here/secret_key}",
	"",
].join("\n");

function recordsIn(folder: string, name = "audit.jsonl"): Record<string, unknown>[] {
	const text = readFileSync(join(folder, name), "utf8");
	expect(text).not.toContain(SENTINEL);
	return text
		.split("\n")
		.slice(0, -1)
		.map((line) => JSON.parse(line));
}

const verify = (folder: string, ...args: string[]) =>
	runHere(audit, ["audit", "verify", ...args], { cwd: folder });

describe.skipIf(ADDRESS === "")("the audit log of", () => {
	beforeAll(async () => {
		const data = { key: `${SENTINEL}-1`, other: `${SENTINEL}-2` };
		await askVault(ADDRESS, "POST", "secret/data/audited/app", { data });
	});

	const HERE = { ...VAULT, AUDITED_HERE_SECRET_KEY: `${SENTINEL}-3` };
	const APP = { backend: "vault", version: "1", location: "secret/data/audited/app" };
	const INJECTED = [
		{ path: "audited/app/key", ...APP, names: ["APP_KEY"] },
		{ path: "audited/app/*", ...APP, names: ["ALL_KEY", "ALL_OTHER"] },
		{ path: "audited/here/secret_key", backend: "env", names: ["HERE"] },
		{ path: "audited/app/other", ...APP, names: ["URL"] },
		{ path: "audited/here/secret_key", backend: "env", names: ["URL"] },
	].map((record) => ({ action: "inject", command: "sh", ...record }));

	it("a run says who got what, before its command starts, and how that ended", async () => {
		const folder = folderWith(MAP);
		const script = `cat audit.jsonl; test "$APP_KEY" = ${SENTINEL}-1; kill -TERM $$`;
		const { child, ended } = launch(folder, ["--", "/bin/sh", "-c", script, SENTINEL], HERE);
		const { signal, stdout } = await ended;
		expect(signal).toBe("SIGTERM");
		expect(stdout.split("\n").length).toBeGreaterThan(INJECTED.length);
		const records = recordsIn(folder);
		expect(records).toMatchObject([
			...INJECTED,
			{ action: "start", command: "sh", mode: "spawn", map: "secrets.map.yaml", reason: "start" },
			{ action: "end", command: "sh", signal: "SIGTERM" },
		]);
		const [first] = records;
		expect(new Set(records.map(({ run }) => run)).size).toBe(1);
		expect(first).toMatchObject({
			uid: process.getuid?.(),
			host: hostname(),
			pid: child.pid,
			user: expect.any(String),
		});
		expect(await verify(folder)).toMatchObject({ status: 0, stderr: "" });
	});

	it("a run in exec mode ends with the start, by the pid that stays", async () => {
		const folder = folderWith(MAP);
		const { child, ended } = launch(folder, ["--exec", "--", "/bin/sh", "-c", "echo $$"], HERE);
		expect(await ended).toMatchObject({ status: 0, stdout: `${child.pid}\n` });
		expect(recordsIn(folder)).toMatchObject([
			...INJECTED,
			{ action: "start", mode: "exec", pid: child.pid, command_pid: child.pid },
		]);
	});

	it("a run whose command does not start says so", async () => {
		const folder = folderWith("audited/app/key: KEY\n");
		const { status } = await launch(folder, ["--audit", "a", "--", "no-such-command"], VAULT).ended;
		expect(status).toBe(127);
		expect(recordsIn(folder, "a")).toMatchObject([{ action: "inject" }, { action: "end", status: 127 }]);
	});

	it("a run that cannot write it starts no command, and asks nobody", async () => {
		const folder = folderWith("audited/app/key: KEY\n");
		const env = { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "t", DSTA_AUDIT: "/none/audit.jsonl" };
		const { status, stderr, stdout } = await launch(folder, ["--", "echo", "started"], env).ended;
		expect({ status, stdout }).toEqual({ status: 74, stdout: "" });
		expect(stderr).toBe(
			"dsta-run: error: the audit log /none/audit.jsonl cannot be written: the folder /none does not exist [DSTA_OUTPUT]\n" +
				"  fix: Make it (mkdir -p /none), for the user that runs dsta-run.\n",
		);
		const full = await launch(folder, ["--audit", "/dev/full", "--", "echo", "started"], VAULT).ended;
		expect(full).toMatchObject({ status: 74, stdout: "" });
		expect(full.stderr).toContain("/dev/full cannot be written: no space is left [DSTA_OUTPUT]");
	});

	it("get, put and migrate say what was shown and written", async () => {
		const folder = folderWith("audited/app/key: KEY\n");
		writeFileSync(join(folder, ".env"), `AUDITED_MOVED=${SENTINEL}\n`);
		writeFileSync(join(folder, "moved.yaml"), "audited/moved/key: AUDITED_MOVED\n");
		const here = { cwd: folder, env: VAULT };
		await runHere(get, ["get", "--audit", "a", "audited/app/*"], here);
		await runHere(put, ["put", "--audit", "a", "audited/put", `key=${SENTINEL}`], here);
		await runHere(migrate, ["migrate", "--audit", "a", "-m", "moved.yaml", "--to", "vault", "--yes"], here);
		expect(recordsIn(folder, "a")).toMatchObject([
			{ action: "get", path: "audited/app/*", ...APP, names: ["key", "other"] },
			{ action: "put", path: "audited/put", backend: "vault", version: "1", names: ["key"] },
			{ action: "migrate", path: "audited/moved/key", backend: "vault", names: ["AUDITED_MOVED"] },
		]);
		const failed = await runHere(get, ["get", "--audit", "/none/a", "audited/app/key"], here);
		expect(failed).toMatchObject({ status: 74, stdout: "" });
	});
});

describe("dsta-run audit verify", () => {
	const logged = async () => {
		const folder = folderWith("a/b/secret_key: KEY\n");
		for (let index = 0; index < 3; index++)
			await runHere(get, ["get", "--audit", "log", "a/b/secret_key"], { cwd: folder, env: { KEY: "k" } });
		return folder;
	};

	it("prints files, records, times and the head", async () => {
		const folder = await logged();
		const { status, stderr, stdout } = await verify(folder, "log");
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		const head = recordsIn(folder, "log").at(-1)?.hash as string;
		expect(stdout).toMatch(/^FILE +RECORDS +FIRST +LAST\n\S+\/log +3 +\d{4}-\S+Z +\d{4}-\S+Z\n/);
		expect(stdout).toContain(`begins  with the first record of the log\nhead    ${head}\n`);
		expect(JSON.parse((await verify(folder, "log", "--json", "--expect", head)).stdout)).toMatchObject({
			...{ status: 0, begins: "log", chains: 1, head, faults: [], cut: [] },
			files: [{ file: join(folder, "log"), records: 3 }],
			expectedAt: { file: join(folder, "log"), line: 3 },
		});
	});

	it("is 65 for what was changed, by its place, and for a head that is not there any more", async () => {
		const folder = await logged();
		const [first, second] = readFileSync(join(folder, "log"), "utf8").split("\n") as [string, string];
		const head = JSON.parse(readFileSync(join(folder, "log"), "utf8").split("\n")[2] as string).hash;
		writeFileSync(join(folder, "log"), `${first.replace('"get"', '"put"')}\n${second}\n`);
		const { status, stderr, stdout } = await verify(folder, "log", "--expect", head);
		expect(status).toBe(65);
		expect(stdout).toContain("RECORDS");
		expect(stderr).toContain(
			`error: the audit log is not as it was written\n  ${join(folder, "log")}:1: this line is not as it was written\n` +
				`  the head ${head} is not in this log: its end was cut off, or it was written anew [DSTA_AUDIT]\n  fix: Keep`,
		);
	});

	it("tells of a line that was cut off, which is no fault", async () => {
		const folder = await logged();
		const text = readFileSync(join(folder, "log"), "utf8");
		writeFileSync(join(folder, "log"), text.slice(0, -20));
		const { status, stderr } = await verify(folder, "log");
		expect({ status, stderr }).toEqual({
			status: 0,
			stderr: `dsta-run: warn: ${join(folder, "log")}:3: only begun: its writer was killed, or still writes\n`,
		});
	});

	it("reads standard input, and rotated files before their log", async () => {
		const folder = await logged();
		const lines = readFileSync(join(folder, "log"), "utf8").split("\n");
		writeFileSync(join(folder, "log.1"), `${lines[0]}\n`);
		writeFileSync(join(folder, "log"), `${lines.slice(1).join("\n")}`);
		const { status, stderr } = await verify(folder, "log");
		expect(status).toBe(65);
		expect(stderr).toContain("log:1: this line is not the first that its file had");
		const both = await verify(folder, "log.1", "log", "--json");
		expect(JSON.parse(both.stdout).files).toHaveLength(2);
		const { child, ended } = launch(folder, ["audit", "verify", "-"]);
		child.stdin?.end(lines.join("\n"));
		expect((await ended).stdout).toMatch(/^- +3 /m);
	});

	it.each<[readonly string[], number, string]>([
		[[], 64, "dsta-run audit has one thing to do: verify"],
		[["verify"], 64, "There is no audit log to verify: the map has no audit:"],
		[["verify", "none"], 66, "/none does not exist [DSTA_FILE_NOT_FOUND]"],
		[
			["verify", "--audit", "/dev/stderr"],
			64,
			"The audit log goes to /dev/stderr, which cannot be read again",
		],
		[["verify", "secrets.map.yaml/log"], 66, "/log does not exist [DSTA_FILE_NOT_FOUND]"],
		[["verify", `${"n".repeat(256)}/log`], 78, "The audit log cannot be read"],
		[["verify", "."], 78, "The audit log cannot be read"],
	])("%j is a mistake", async (words, status, text) => {
		const cwd = folderWith("a/b/secret_key: KEY\n");
		const ended = await runHere(audit, ["audit", ...words], { cwd });
		expect(ended).toMatchObject({ status, stdout: "" });
		expect(ended.stderr).toContain(text);
		expect(existsSync(join(cwd, "none"))).toBe(false);
	});
});

it("the user's name is not what USER says", async () => {
	const folder = folderWith("a/b/secret_key: KEY\n");
	await launch(folder, ["get", "--audit", "log", "a/b/secret_key"], { KEY: "k", USER: "forged" }).ended;
	expect(recordsIn(folder, "log")[0]?.user).not.toBe("forged");
});

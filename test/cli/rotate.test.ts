import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rotate } from "../../src/cli/commands/rotate.ts";
import { folderWith, isRunning, launchSync } from "../process/launch.ts";
import { askVault, ROOT_TOKEN } from "../servers/start.ts";
import { runHere } from "./in-process.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const VAULT = { VAULT_ADDR: ADDRESS, VAULT_TOKEN: ROOT_TOKEN };
const SENTINEL = "sentinel-rotate-1618";
const NO_MAP = mkdtempSync(join(tmpdir(), "dsta-run-rotate-"));

let count = 0;

/** Stores a secret that no other test has; answers the path of its field. */
async function stored(data: object = { key: "sentinel-old", other: "kept" }): Promise<string> {
	const secret = `rotate/${process.pid}-${++count}`;
	await askVault(ADDRESS, "POST", `secret/data/${secret}`, { data });
	return `${secret}/key`;
}

async function valueAt(path: string): Promise<unknown> {
	const { data } = await askVault(ADDRESS, "GET", `secret/data/${path.replace(/\/key$/, "")}`);
	return (data as { data: { key: unknown } }).data.key;
}

const here = (args: readonly string[], cwd = NO_MAP) =>
	runHere(rotate, ["rotate", ...args], { cwd, env: VAULT });

function start(args: readonly string[], { cwd = NO_MAP, input = "" } = {}) {
	const { signal, status, stderr, stdout } = launchSync(["rotate", ...args], {
		cwd,
		env: { PATH: process.env.PATH, HOME: cwd, ...VAULT },
		input,
	});
	expect(stdout + stderr).not.toMatch(/sentinel|root-token/);
	return { signal, status, stderr, stdout };
}

describe("the words of dsta-run rotate", () => {
	it.each([
		[["rotate"], /^dsta-run rotate needs a path$/],
		[["rotate", "a/b/c", "d"], /^dsta-run rotate takes one word/],
		[["rotate", "a/*"], /^a\/\* names no field/],
		[["rotate", "--due", "a/b/c"], /whole map and takes no path$/],
		[["rotate", "--list", "--due"], /contradict each other$/],
		[["rotate", "--resume", "--rollback", "a/b/c"], /contradict each other$/],
		[["rotate", "--rollback", "a/b/c", "--value-from", "-"], /takes no new value$/],
		[["rotate", "--value-from", "-", "a/b/c", "--", "x"], /contradict each other$/],
		[["rotate", "a/b/c", "--metrics-textfile", "x.prom"], /is about the rotations of a whole map$/],
		[["rotate", "--due", "--metrics-textfile", "x"], /names end in \.prom$/],
		[["rotate", "--schedule", "soon", "a/b/c"], /^--schedule is "soon", which is not a duration/],
		[["rotate", "--", "x"], /^dsta-run rotate runs no command$/],
		[["rotate", "a/b/c", "--"], /^dsta-run rotate runs no command$/],
	])("%j are a usage error", async (args, message) => {
		const { status, stderr } = await runHere(rotate, args, {
			cwd: NO_MAP,
			env: { VAULT_ADDR: "http://127.0.0.1:1" },
		}).catch(
			// Of what is wrong before the subcommand is known.
			(error) => ({ status: error.exitStatus, stderr: error.message }),
		);
		expect(status).toBe(64);
		expect(/^(?:dsta-run: error: )?(.*?)(?: \[DSTA_USAGE\].*)?$/s.exec(stderr)?.[1]).toMatch(message);
	});
});

describe.skipIf(ADDRESS === "")("dsta-run rotate", () => {
	it.each([
		["standard input", ["--value-from", "-"], `${SENTINEL}\n`, "given"],
		["a file", ["--value-from", "@value"], "", "given"],
		["a generator", ["--value-from", "generate:hex:8"], "", "hex:8"],
		["a command", ["--", "printf", SENTINEL], "", "printf"],
	])("takes the new value from %s, and shows each step", async (_, words, input, how) => {
		const path = await stored();
		writeFileSync(join(NO_MAP, "value"), `${SENTINEL}\n`);
		// In this process, where nothing is to be run or read.
		const { status, stdout } = words[1]?.startsWith("generate")
			? await here([path, ...words])
			: start([path, ...words], { input });
		expect(status).toBe(0);
		expect(stdout.replaceAll(/rotation \w{12}/g, "rotation ID")).toBe(
			[
				`rotated ${path} at vault, version 1 to 2 (rotation ID)`,
				"",
				`  generate  done     ${how}`,
				`  update    done     secret/data/${path.replace(/\/key$/, "")}, version 2`,
				"  restart   skipped  no hook: who does not watch it has to be restarted by hand",
				"  verify    skipped  no hook: see for yourself that it works",
				"  revoke    skipped  no hook: the old one is valid until it is revoked where it came from",
				"  document  skipped  no audit file is named",
				"",
			].join("\n"),
		);
		expect(await valueAt(path)).toMatch(how === "hex:8" ? /^[0-9a-f]{16}$/ : SENTINEL);
	});

	it("records what it does in the audit log, and goes no further where that cannot be written", async () => {
		const path = await stored();
		const log = join(NO_MAP, "audit.jsonl");
		const words = [path, "--value-from", "generate:hex:8", "--audit"];
		expect((await here([...words, log])).status).toBe(0);
		const text = readFileSync(log, "utf8");
		const records = text
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(records.map(({ outcome, step }) => `${step} ${outcome}`)).toEqual([
			"generate done",
			"update done",
			"document done",
		]);
		expect(records[1]).toMatchObject({
			action: "rotate",
			path,
			backend: "vault",
			version: "2",
			was_version: "1",
		});
		expect(text).not.toContain(await valueAt(path));
		const value = await valueAt(path);
		expect((await here([...words, "/dev/full"])).status).toBe(74);
		expect(await valueAt(path)).toBe(value);
	});

	it.each([
		[["--value-from", "sentinel-value"], 64, "names no source of a value"],
		[["--value-from", "generate:alnum:0"], 64, "names no source of a value"],
		[["--value-from", "@no-such-file"], 66, "cannot be read: ENOENT"],
		[[], 78, "Nothing makes a new value"],
		[["--resume"], 66, "is unfinished"],
		[["--rollback"], 66, "is known that could be taken back"],
	])("changes nothing where it cannot go on: %j", async (words, status, message) => {
		const path = await stored();
		const ended = await here([path, ...words]);
		expect(ended).toMatchObject({ status, stderr: expect.stringContaining(message) });
		expect(ended.stderr + ended.stdout).not.toContain("sentinel");
		expect(await valueAt(path)).toBe("sentinel-old");
	});

	it("rotates only what is there", async () => {
		expect(await here(["rotate/no-such/key", "--value-from", "generate:uuid"])).toMatchObject({
			status: 66,
			stderr: expect.stringContaining("Its first value: dsta-run put rotate/no-such/key"),
		});
	});

	it("refuses a value that no run could use, by what the map says of its path", async () => {
		const path = await stored({ key: "5432" });
		const folder = folderWith(`${path}: { env: PORT, type: port }\n`);
		expect(await here([path, "--value-from", "generate:alnum:9"], folder)).toMatchObject({
			status: 65,
			stderr: expect.stringMatching(
				/: The new value of \S+ fits no run: .*\n {2}fix: Give or make another one/,
			),
		});
		const large = folderWith(`${path}: TOO_LARGE\n`);
		writeFileSync(join(large, "value"), "x".repeat(131_072));
		expect(await here([path, "--value-from", "@value"], large)).toMatchObject({
			status: 65,
			stderr: expect.stringContaining("is too large for the variable TOO_LARGE"),
		});
		expect(await valueAt(path)).toBe("5432");
	});

	it("shows with --dry-run what it would do, and does none of it", async () => {
		const path = await stored();
		const hooks =
			"restart: { wait_for: 'http://app:9100' }, verify: { command: [check-it] }, revoke: { command: [drop-it], after: 24h }";
		const folder = folderWith(
			`secrets:\n  ${path}: { env: KEY, rotate: { generate: 'alnum:32', ${hooks} } }\n`,
		);
		const { stdout } = await here([path, "--dry-run"], folder);
		expect(stdout).toMatch(/^would rotate .* now version 1; nothing was done\n/);
		for (const line of [
			/generate +alnum:32$/m,
			/restart +up to 5m for http:\/\/app:9100$/m,
			/verify +check-it$/m,
			/revoke +drop-it, 1d later$/m,
		])
			expect(stdout).toMatch(line);
		expect(await valueAt(path)).toBe("sentinel-old");
	});

	it("schedules, lists, and does what is due, once", async () => {
		const path = await stored();
		const folder = folderWith(
			`rotate: { generate: 'alnum:32' }\nsecrets:\n  ${path}: KEY\n  rotate/no-such/key: { env: NONE, optional: true }\n`,
		);
		expect((await here(["--list"], folder)).stdout).toMatch(
			/key +vault +1 +\S+ \S+ +- +- +no schedule\n.*- +not found\n$/,
		);
		expect((await here(["--schedule", "90d", path], folder)).stdout).toMatch(
			/is to be rotated every 90d, next on 2/,
		);
		expect((await here(["--list"], folder)).stdout).toMatch(/ 90d +\d{4}-\d\d-\d\d +due in 89 d$/m);
		expect(await here(["--due"], folder)).toMatchObject({ status: 0, stdout: "nothing is due\n" });
		const name = "dsta:schedule:key";
		const since = "2020-01-01T00:00:00Z";
		const past = {
			custom_metadata: {
				[name]: `every=1s since=${since}`,
				"dsta:rotation:key": `step=seen id=- by=- at=${since}`,
			},
		};
		await askVault(ADDRESS, "POST", `secret/metadata/${path.replace(/\/key$/, "")}`, past);
		const list = JSON.parse((await here(["--list", "--json"], folder)).stdout);
		expect(list[0]).toMatchObject({ path, backend: "vault", version: "1", every: "1s", overdue: true });
		const listed = await here(["--list", "--metrics-textfile", "rotation.prom"], folder);
		const metrics = () => readFileSync(join(folder, "rotation.prom"), "utf8");
		const series = `{path="${path}",backend="vault",run="rotation"}`;
		expect([listed.status, metrics()]).toEqual([
			0,
			expect.stringContaining(`dsta_rotation_overdue${series} 1`),
		]);
		expect(metrics()).toContain(`dsta_rotation_due_timestamp_seconds${series} 1577836801\n`);
		const due = ["--due", "--metrics-textfile", "rotation.prom"];
		const all = await Promise.all([here(due, folder), here(due, folder)]);
		expect(metrics()).not.toContain(`dsta_rotation_due_timestamp_seconds${series} 1577836801\n`);
		expect(await here(["--list", "--metrics-textfile", "no/x.prom"], folder)).toMatchObject({
			status: 74,
			stdout: expect.stringContaining(path),
		});
		expect(all.map(({ status }) => status)).toEqual([0, 0]);
		expect(all.filter(({ stdout }) => stdout.startsWith(`rotated ${path}`))).toHaveLength(1);
		expect(await valueAt(path)).toMatch(/^[A-Za-z0-9]{32}$/);
		expect((await here(["--schedule", "off", path], folder)).stdout).toMatch(/has no schedule beside it\n$/);
	});

	it("goes on after a KILL in the middle of a step, and does no step again that was done", async () => {
		const path = await stored();
		const verify = '[ -e killed ] || { touch killed; kill -9 \\"$PPID\\"; exit 1; }';
		const folder = folderWith(
			[
				"secrets:",
				`  ${path}:`,
				"    env: KEY",
				"    rotate:",
				`      generate: { command: [sh, -c, 'echo generate >> lines; echo ${SENTINEL}'] }`,
				"      restart: { command: [sh, -c, 'echo restart >> lines'] }",
				`      verify: { command: [sh, -c, "${verify}; echo verify >> lines"] }`,
				"      revoke: { command: [sh, -c, 'echo revoke $DSTA_ROTATION_OLD_VERSION >> lines'] }",
				"",
			].join("\n"),
		);
		expect(start([path], { cwd: folder })).toMatchObject({ signal: "SIGKILL" });
		expect((await here(["--list"], folder)).stdout).toContain("under way: verify, by ");
		expect(await here([path, "--value-from", "generate:uuid"], folder)).toMatchObject({
			status: 75,
			stderr: expect.stringContaining("is being rotated by"),
		});
		const { status, stdout } = start(["--resume", path], { cwd: folder });
		expect(status).toBe(0);
		expect(stdout).toMatch(/version 1 to 2 .*\n\n {2}verify +done/);
		expect(readFileSync(join(folder, "lines"), "utf8")).toBe("generate\nrestart\nverify\nrevoke 1\n");
		expect(await valueAt(path)).toBe(SENTINEL);
	});

	it("takes its hook along when a signal ends it, and says nothing more", async () => {
		const path = await stored();
		const script = 'echo $$ > pid; kill -TERM "$PPID"; exec sleep 60';
		const { signal, stdout } = start([path, "--", "sh", "-c", script]);
		expect({ signal, stdout }).toEqual({ signal: "SIGTERM", stdout: "" });
		expect(existsSync(join(NO_MAP, "pid"))).toBe(true);
		const pid = Number(readFileSync(join(NO_MAP, "pid"), "utf8"));
		await expect.poll(() => isRunning(pid)).toBe(false);
		expect(await valueAt(path)).toBe("sentinel-old");
	});

	it("shows the steps until the one that failed, and what its hook wrote", async () => {
		const path = await stored();
		const folder = folderWith(
			`secrets:\n  ${path}: { env: KEY, rotate: { generate: uuid, verify: { command: [sh, -c, 'echo broken >&2; exit 3'] } } }\n`,
		);
		const { status, stderr, stdout } = start([path], { cwd: folder });
		expect(status).toBe(75);
		expect(stderr).toMatch(/^broken$/m);
		expect(stderr).toContain(`${path}: verify: sh ended with status 3 [DSTA_ROTATION]`);
		expect(stderr).toContain(`dsta-run rotate --rollback ${path}`);
		expect(stdout).toMatch(/ {2}update +done .*\n.*\n {2}verify +failed/);
		expect((await here(["--rollback", path])).stdout).toMatch(/^rolled back .*, now version 3 /);
		expect(await valueAt(path)).toBe("sentinel-old");
	});
});

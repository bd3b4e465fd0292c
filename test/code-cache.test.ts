import { spawnSync } from "node:child_process";
import { chownSync, cpSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { CLI, folderWith } from "./process/launch.ts";

const SENTINEL = "sentinel-6f1d2c";
const ENV = { PATH: process.env.PATH, CACHED_KEY: SENTINEL };
const where = folderWith("cached/key: { env: CACHED_KEY, backend: env }\n");
const NOBODY = 65_534;

describe("the code that V8 has compiled for the npm package", () => {
	let folder = "";

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "dsta-run-code-cache-"));
		for (const name of readdirSync(dirname(CLI)).filter((file) => file.endsWith(".cjs")))
			cpSync(join(dirname(CLI), name), join(folder, name));
	});

	const cache = () => join(folder, "code-cache");
	const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}, before: readonly string[] = []) => {
		const [file = "", ...words] = [...before, process.execPath, join(folder, "cli.cjs"), ...args];
		const { status, stderr, stdout } = spawnSync(file, words, {
			cwd: where,
			env: { ...ENV, ...env },
			encoding: "utf8",
		});
		return { status, stderr, stdout };
	};
	const runs = (...rest: [env?: NodeJS.ProcessEnv, before?: readonly string[]]) =>
		expect(run(["--", "printenv", "CACHED_KEY"], ...rest)).toEqual({
			status: 0,
			stderr: "",
			stdout: `${SENTINEL}\n`,
		});
	/** What is kept of each file, and the inode of it, which is another one after it was written again. */
	const kept = () =>
		new Map(readdirSync(cache()).map((name) => [name, statSync(join(cache(), name)).ino] as const));

	it("is kept beside it after the first run, and serves the next without being written again", () => {
		runs();
		const first = kept();
		const chunks = [...first.keys()].map((name) => name.replace(/-[\w-]{8}\.cjs\..*/, ""));
		expect(chunks.sort()).toEqual(["rolldown-runtime", "run", "supervise"]);
		runs();
		expect(kept()).toEqual(first);
	});

	it("is completed by a run that becomes its command", () => {
		runs();
		const first = kept();
		const inPlace = ["--exec", "--", "printenv", "CACHED_KEY"];
		expect(run(inPlace)).toEqual({ status: 0, stderr: "", stdout: `${SENTINEL}\n` });
		expect(kept().size).toBe(first.size + 1);
		const second = kept();
		expect(run(inPlace).status).toBe(0);
		expect(kept()).toEqual(second);
	});

	it("is read and not written by PID 1", () => {
		const asPid1 = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];
		runs({}, asPid1);
		expect(readdirSync(folder)).not.toContain("code-cache");
	});

	it("holds no value of a secret", () => {
		runs();
		const bytes = readdirSync(cache()).map((name) => readFileSync(join(cache(), name), "latin1"));
		expect(bytes.filter((text) => text.includes(SENTINEL))).toEqual([]);
	});

	it("is completed by a run that needs more, one that fails included", () => {
		runs();
		const first = kept();
		writeFileSync(join(where, "vault.map.yaml"), "cached/key: CACHED_KEY\n");
		const refused = { VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "token", VAULT_MAX_RETRIES: "0" };
		expect(run(["--map", "vault.map.yaml", "--strict", "--", "true"], refused).status).toBe(75);
		expect(kept().size).toBeGreaterThan(first.size);
		for (const [name, inode] of first) if (name.startsWith("run-")) expect(kept().get(name)).not.toBe(inode);
		const second = kept();
		runs();
		expect(kept()).toEqual(second);
	});

	it.each([
		["of another program", () => Buffer.from("no code at all")],
		[
			"of another V8",
			(bytes: Buffer) => Buffer.concat([bytes.subarray(0, 4), Buffer.alloc(4), bytes.subarray(8)]),
		],
		["that is not whole", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
		["that is empty", () => Buffer.alloc(0)],
	])("is made anew where there is one %s", (_what, change) => {
		runs();
		const name = [...kept().keys()].find((file) => file.startsWith("run-")) ?? "";
		const whole = readFileSync(join(cache(), name));
		writeFileSync(join(cache(), name), change(whole));
		runs();
		expect(statSync(join(cache(), name)).size).toBeGreaterThan(whole.length / 2);
		const after = kept();
		runs();
		expect(kept()).toEqual(after);
	});

	it("serves whatever memory and modules Node is told to take, and is made anew for flags that change what V8 compiles", () => {
		runs();
		const first = kept();
		runs({ NODE_OPTIONS: "--max-old-space-size=300 --no-warnings" });
		expect(kept()).toEqual(first);
		runs({ NODE_OPTIONS: "--jitless" });
		expect([...kept().keys()]).toEqual([...first.keys()]);
		expect(kept()).not.toEqual(first);
	});

	it("leaves nothing unfinished where there is no room", () => {
		runs({}, ["/bin/sh", "-c", 'ulimit -f 100; exec "$@"', "sh"]);
		expect(
			readdirSync(cache()).filter((name) => !name.endsWith(`.cjs.${process.version}-${process.arch}`)),
		).toEqual([]);
	});

	it("can be changed by nobody else, whatever the umask", () => {
		runs({}, ["/bin/sh", "-c", 'umask 0; exec "$@"', "sh"]);
		expect(statSync(cache()).mode & 0o777).toBe(0o755);
		for (const name of readdirSync(cache())) expect(statSync(join(cache(), name)).mode & 0o777).toBe(0o644);
	});

	it.skipIf(process.getuid?.() !== 0)("is not written by root in a package of another user's", () => {
		chownSync(folder, NOBODY, NOBODY);
		runs();
		expect(readdirSync(folder)).not.toContain("code-cache");
	});

	it("is not made where it cannot be, or where Node is told to make none", () => {
		runs({ NODE_DISABLE_COMPILE_CACHE: "1" });
		expect(readdirSync(folder)).not.toContain("code-cache");
		writeFileSync(cache(), "a file");
		runs();
		expect(readFileSync(cache(), "utf8")).toBe("a file");
	});
});

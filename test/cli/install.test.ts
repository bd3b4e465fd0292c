import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BUILD, folderWith, LAUNCHER, launch } from "../process/launch.ts";

const install = (folder: string, ...words: string[]) => launch(folder, ["install", ...words]).ended;

if (BUILD === "npm")
	describe("dsta-run install, of the npm package", () => {
		it("is not supported, says why, and leaves no file", async () => {
			const folder = folderWith("");
			const { status, stderr, stdout } = await install(folder, "bin");
			expect({ status, stdout }).toEqual({ status: 69, stdout: "" });
			expect(stderr).toContain(`this is the npm package (node ${process.versions.node})`);
			expect(stderr).toMatch(/\n {2}fix: Use the standalone executable/);
			expect(readdirSync(folder)).toEqual(["secrets.map.yaml"]);
		});
	});
else
	describe("dsta-run install, of the standalone executable", () => {
		it("copies itself into a directory, which it makes, and says where", async () => {
			const folder = folderWith("");
			const path = join(folder, "new/bin/dsta-run");
			expect(await install(folder, "new/bin")).toMatchObject({ status: 0, stdout: `${path}\n`, stderr: "" });
			expect(readdirSync(join(folder, "new/bin"))).toEqual(["dsta-run"]);
			expect(statSync(path).mode & 0o7777).toBe(0o755);
			expect(readFileSync(path).equals(readFileSync(LAUNCHER[0] as string))).toBe(true);
			const copy = spawnSync(path, ["--version"], { encoding: "utf8" });
			expect(copy).toMatchObject({ status: 0, stdout: expect.stringContaining("(standalone, bun ") });
		});

		it("replaces what lies there, even while it runs and under any umask", async () => {
			const folder = folderWith("{}\n");
			const path = join(folder, "dsta-run");
			writeFileSync(path, "old", { mode: 0o600 });
			expect((await install(folder, folder)).status).toBe(0);
			const script = 'umask 077; exec "$0" -- "$0" install .';
			expect(spawnSync("sh", ["-c", script, path], { cwd: folder, encoding: "utf8" })).toMatchObject({
				status: 0,
				stdout: `${path}\n`,
			});
			expect(statSync(path).mode & 0o7777).toBe(0o755);
			expect(readdirSync(folder).sort()).toEqual(["dsta-run", "secrets.map.yaml"]);
		});

		it.each([
			["a directory", "taken", /taken\/dsta-run cannot be written: it is a directory/],
			["below a file", "secrets.map.yaml/x", /cannot be written: a part of its path is no directory/],
			["on a file system that takes none", "/proc/none", /\/proc\/none\/dsta-run cannot be written: /],
		])("says why it cannot where its place is %s, and leaves nothing", async (_what, where, words) => {
			const folder = folderWith("");
			mkdirSync(join(folder, "taken/dsta-run"), { recursive: true });
			const { status, stderr, stdout } = await install(folder, where);
			expect({ status, stdout }).toEqual({ status: 78, stdout: "" });
			expect(stderr).toMatch(words);
			expect(readdirSync(join(folder, "taken"))).toEqual(["dsta-run"]);
		});
	});

describe("dsta-run install", () => {
	it.each([[[]], [[""]], [["a", "b"]]])("wants one directory, and not %j", async (words) => {
		const { status, stdout } = await install(folderWith(""), ...words);
		expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
	});
});

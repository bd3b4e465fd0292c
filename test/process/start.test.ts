import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { BUILD, folderWith, LAUNCHER, launch, launchSync } from "./launch.ts";

const FOLDER = folderWith("{}\n");
const FROM_MAP = ["-m", join(FOLDER, "secrets.map.yaml")];

function script(name: string, text: string, mode = 0o755): void {
	writeFileSync(join(FOLDER, name), text);
	chmodSync(join(FOLDER, name), mode);
}

beforeAll(() => {
	mkdirSync(join(FOLDER, "bin"));
	mkdirSync(join(FOLDER, "folder"));
	symlinkSync("loop", join(FOLDER, "loop"));
	script("tool", "#!/bin/sh\necho tool of the folder\n");
	script("bin/tool", "#!/bin/sh\necho tool of bin\n");
	script("plain", "echo $0 without an interpreter; exit 3\n");
	script("locked", "#!/bin/sh\n", 0o644);
	script("orphan", "#! /no/such/interpreter -x\n");
});

describe("a command that cannot be started", () => {
	it.each([
		[
			"is in no folder of PATH",
			"no-such-tool",
			127,
			"The command no-such-tool was not found: it is in no folder of PATH (/bin)",
		],
		[
			"does not exist",
			"./no-such-tool",
			127,
			"The command ./no-such-tool was not found: there is no such file",
		],
		["lies below a file", "./tool/x", 127, "The command ./tool/x was not found: there is no such file"],
		["has an empty name", "", 127, "The command '' was not found"],
		[
			"holds its arguments",
			"npm start",
			127,
			"fix: The command and its arguments are words of their own: -- npm start",
		],
		["is a directory", "./folder", 126, "cannot be executed: it is a directory"],
		[
			"is a directory, with what to do",
			"./folder",
			126,
			"fix: Name a program, such as one in it: ls ./folder\n",
		],
		["is not executable", "./locked", 126, "cannot be executed: this user has no permission to execute it"],
		[
			"lacks its interpreter",
			"./orphan",
			126,
			"cannot be executed: its interpreter /no/such/interpreter does not exist",
		],
		["is a circle of links", "./loop", 126, "cannot be executed: its path is a circle of symbolic links"],
		["has too long a name", "x".repeat(300), 126, "cannot be executed: its name is too long"],
	])("%s", async (_, command, status, text) => {
		const ended = await launch(FOLDER, ["--", command], { PATH: "/bin" }).ended;
		expect(ended).toMatchObject({ status, signal: null, stdout: "" });
		expect(ended.stderr).toContain(text);
		expect(ended.stderr).toMatch(/^dsta-run: error: [^\n]+ \[DSTA_[A-Z_]+\]\n {2}fix: [^\n]+\n$/);
	});
});

describe("a command is found as env finds it", () => {
	it("past folders of PATH that it may not look into", () => {
		const closed = join(FOLDER, "unsearchable");
		mkdirSync(closed, { mode: 0o000 });
		chmodSync(FOLDER, 0o755);
		const run = (command: string) =>
			launchSync([...FROM_MAP, "--", command], {
				cwd: "/",
				env: { PATH: `${closed}:/bin` },
				...(process.getuid?.() === 0 ? { uid: 65_534 } : {}),
			});
		expect(run("true")).toMatchObject({ status: 0, stderr: "" });
		expect(run("no-such-tool")).toMatchObject({ status: 127, stdout: "" });
		rmSync(closed, { recursive: true });
	});

	it.each([
		["in the working directory, by an empty PATH", "", "tool", "tool of the folder\n", 0],
		["in a folder that PATH names by a relative path", "bin", "tool", "tool of bin\n", 0],
		["in the standard folders, without a PATH", undefined, "true", "", 0],
		["without a #! line, as a script of sh", "/bin", "./plain", "./plain without an interpreter\n", 3],
	])("%s", async (_, path, command, stdout, status) => {
		const reference = spawnSync("/usr/bin/env", [command], {
			cwd: FOLDER,
			env: path === undefined ? {} : { PATH: path },
			encoding: "utf8",
		});
		expect(reference).toMatchObject({ stdout, status });
		expect(await launch(FOLDER, ["--", command], { PATH: path }).ended).toMatchObject({
			stdout,
			status,
			stderr: "",
		});
	});

	it("gets its arguments as they are", async () => {
		const args = ["", " ", "a b", "--", "-x", "$HOME", "`x`", "'\"\\", "zwei\nZeilen", "é✓"];
		const { stdout } = await launch(FOLDER, ["--", "printf", "[%s]", ...args]).ended;
		expect(stdout).toBe(args.map((arg) => `[${arg}]`).join(""));
	});
});

describe("a command starts in the working directory", () => {
	// The runtime of the standalone executable ends there before the first line of ours.
	const itOfNode = BUILD === "npm" ? it : undefined;

	itOfNode?.("though it was removed", async () => {
		const gone = join(FOLDER, "gone");
		mkdirSync(gone);
		const run = `rmdir ../gone; exec "$0" "$@"`;
		const { status, stderr, stdout } = spawnSync(
			"sh",
			["-c", run, ...LAUNCHER, ...FROM_MAP, "--", "readlink", "/proc/self/cwd"],
			{ cwd: gone, encoding: "utf8" },
		);
		expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: "", stdout: `${gone} (deleted)\n` });
	});

	itOfNode?.("and is missed there, though it was removed", () => {
		const gone = join(FOLDER, "gone");
		mkdirSync(gone);
		const { status, stderr } = spawnSync(
			"sh",
			["-c", `rmdir ../gone; exec "$0" "$@"`, ...LAUNCHER, ...FROM_MAP, "--", "./no-such-tool"],
			{ cwd: gone, encoding: "utf8" },
		);
		expect(status).toBe(127);
		expect(stderr).toContain("[DSTA_COMMAND_NOT_FOUND]");
	});

	describe("though this user may not enter it", () => {
		const closed = join(FOLDER, "closed");
		// As with `sudo -u` in a folder of root. Another user could still enter a folder that is root's own.
		const run = (...command: string[]) =>
			spawnSync(
				"sh",
				["-c", `chmod 0 . 2>/dev/null; exec "$0" "$@"`, ...LAUNCHER, ...FROM_MAP, "--", ...command],
				{ cwd: closed, encoding: "utf8", ...(process.getuid?.() === 0 ? { uid: 65_534 } : {}) },
			);

		beforeAll(() => {
			chmodSync(FOLDER, 0o755);
			mkdirSync(closed, { mode: 0o700 });
			return () => {
				chmodSync(closed, 0o700);
				rmSync(closed, { recursive: true });
			};
		});

		it("with its own status", () => {
			const { status, stderr, stdout } = run("sh", "-c", "readlink /proc/self/cwd; exit 7");
			expect({ status, stderr, stdout }).toEqual({ status: 7, stderr: "", stdout: `${closed}\n` });
		});

		it("with its own fatal signal", () => {
			expect(run("sh", "-c", "kill -TERM $$")).toMatchObject({ status: null, signal: "SIGTERM", stderr: "" });
		});

		it("or is reported where it may not be looked for", () => {
			const { status, stderr } = run("./no-such-tool");
			expect(status).toBe(126);
			expect(stderr).toContain("this user may not look into a folder of its path [DSTA_NOT_EXECUTABLE]");
		});
	});
});

describe("an environment beyond the kernel's limit", () => {
	const SENTINEL = "sentinel-of-a-large-value";
	const value = (size: number) => SENTINEL.padEnd(size, "x");

	it("ends with 65, naming the largest variables without their values", async () => {
		const names = Array.from({ length: 25 }, (_, index) => `LARGE_${index}`);
		const folder = folderWith(names.map((name) => `app/${name.toLowerCase()}: ${name}\n`).join(""));
		const lines = names.map((name, index) => `${name}=${value(100_000 + index)}\n`);
		writeFileSync(join(folder, ".env"), lines.join(""));
		const { status, stderr, stdout } = await launch(folder, ["--log-level", "trace", "--", "echo", "started"])
			.ended;
		expect({ status, stdout }).toEqual({ status: 65, stdout: "" });
		expect(stderr).toMatch(/the largest: LARGE_24 \(100033 bytes\), LARGE_23 \(100032 bytes\), LARGE_22 /);
		expect(stderr).toContain("[DSTA_INVALID_VALUE]\n  fix: ");
		expect(stderr).not.toContain(SENTINEL);
	});

	it("counts the arguments, and names those that are large", async () => {
		const folder = folderWith("app/one: ONE\napp/two: TWO\n");
		writeFileSync(join(folder, ".env"), `ONE=${value(100_000)}\nTWO=${value(100_000)}\n`);
		const args = Array.from({ length: 15 }, () => "x".repeat(130_000));
		const { status, stderr, stdout } = await launch(folder, ["--", "echo", ...args]).ended;
		expect({ status, stdout: stdout.length }).toEqual({ status: 65, stdout: 0 });
		expect(stderr).toMatch(/the largest: argument 1 \(130000 bytes\), argument 2 /);
	});

	it("counts what the dotenv file exports", async () => {
		const folder = folderWith("env: { export: true }\nsecrets: {}\n");
		writeFileSync(join(folder, ".env"), `LARGE=${value(140_000)}\n`);
		const { status, stderr } = await launch(folder, ["--", "echo", "started"]).ended;
		expect(status).toBe(65);
		expect(stderr).toContain("a single one may take 131071 bytes; the largest: LARGE (140006 bytes)");
		expect(stderr).not.toContain(SENTINEL);
	});
});

import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { folderOf, launchAsInit, REAPERS, wordsOfInit } from "./init.ts";
import { folderWith, LAUNCHER } from "./launch.ts";
import { CTRL, openTerminal, type Terminal } from "./terminal.ts";

const EMPTY = folderWith("{}\n");
const NODE = process.execPath;

/** Leaves sixty orphans, and says when none of them is there any more, a zombie included. */
const ORPHANS = `const { spawnSync } = require("child_process"), { readdirSync, readFileSync } = require("fs");
	for (let count = 0; count < 60; count++) spawnSync("sh", ["-c", "sleep 0 &"]);
	const parentOf = (pid) => readFileSync("/proc/" + pid + "/stat", "utf8").split(") ")[1].split(" ")[1];
	const own = new Set();
	for (let pid = String(process.pid); pid !== "0"; pid = parentOf(pid)) own.add(pid);
	const isOther = (name) => /^[0-9]+$/.test(name) && !own.has(name);
	setInterval(() => {
		if (readdirSync("/proc").some(isOther)) return;
		console.log("none is left");
		process.exit(5);
	}, 10);`;

const LISTENER = `for (const name of ["INT", "QUIT", "WINCH", "TERM"]) process.on("SIG" + name, () => console.log("got " + name));
	process.on("SIGUSR1", () => process.exit(7));
	process.stdin.on("data", (line) => process.kill(1, "SIG" + String(line).trim()));
	console.log("listening");`;

let terminal: Terminal | undefined;
afterEach(() => terminal?.close());

describe.each(REAPERS)("as PID 1 $name", (reaper) => {
	it("waits for orphans", async () => {
		const { ended } = launchAsInit(reaper, [NODE, "-e", ORPHANS]);
		expect(await ended).toEqual({ status: 5, signal: null, stdout: "none is left\n", stderr: "" });
	});

	it("gives the command the variables, words, input and signals that it would have without", () => {
		const variables = {
			PATH: reaper.folder,
			...{ "a.b": "1", "x-y": "", "BASH_FUNC_f%%": "() {  echo hi; }", 0: "zero", __proto__x: "=" },
			...{ PWD: "/nowhere", OLDPWD: "", SHLVL: "7", _: "x", IFS: "t", PS1: "", ENV: "/nowhere" },
			...{ NODE_OPTIONS: "--no-warnings", NODE_DEBUG: "http", LINES: "one\ntwo '\"$HOME`\\" },
		};
		const show = `const read = (file) => require("fs").readFileSync(file, "latin1");
			console.log(JSON.stringify([process.argv.slice(1), read(0), read("/proc/self/environ").split("\\0").sort()]));
			console.log(read("/proc/self/status").match(/^Sig(?:Blk|Ign).*/gm));`;
		const words = ["-n", "", "a b", "one\ntwo", "*", "$HOME", "'", '"', "\\", "--"];
		const command = [NODE, "-e", show, "--", ...words];
		const run = (before: readonly string[], between: readonly string[]) => {
			const given = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
			const [file = "", ...args] = [...before, "/usr/bin/env", "-i", ...given, ...between, ...command];
			const { status, stderr, stdout } = spawnSync(file, args, {
				cwd: EMPTY,
				input: "hello",
				encoding: "utf8",
			});
			return { status, stderr, stdout };
		};
		const launched = run(wordsOfInit(reaper), [...LAUNCHER, "--"]);
		expect(launched).toEqual(run([], []));
		expect(launched.stdout).toContain("a.b=1");
	});

	it("gives it the keys of a terminal once, and what else it is sent", async () => {
		// unshare, which is on the foreground as well, is not to die of them.
		const deaf = ["sh", "-c", `trap "" INT QUIT; exec "$@"`, "sh"];
		const words = [...deaf, ...wordsOfInit(reaper), ...LAUNCHER, "--", NODE, "-e", LISTENER];
		terminal = openTerminal(EMPTY, words);
		const { ended, resize, screen, shows, type } = terminal;
		await shows("listening");
		type(CTRL.C);
		await shows("got INT");
		type(CTRL.BACKSLASH);
		await shows("got QUIT");
		resize(50, 100);
		await shows("got WINCH");
		type("TERM\n");
		await shows("got TERM");
		type("USR1\n");
		expect(await ended).toEqual({ status: 7 });
		expect(screen().match(/got \w+/g)).toEqual(["got INT", "got QUIT", "got WINCH", "got TERM"]);
	});

	it("leaves a command that is not found to the launcher", async () => {
		const { status, stderr } = await launchAsInit(reaper, ["no-such-tool"]).ended;
		expect({ status, line: stderr.split("\n")[0] }).toEqual({
			status: 127,
			line: expect.stringMatching(/^dsta-run: error: .*no-such-tool.*\[DSTA_COMMAND_NOT_FOUND\]$/),
		});
	});
});

describe("as PID 1 without a reaper", () => {
	const SHOW = ["bash", "-c", "cat /proc/1/comm; exit 9"];
	const NONE = { folder: folderOf(["bash", "cat", "env", "mount"]), shell: "/dev/null" };

	it("the launcher stays, and says so once", async () => {
		const { status, stderr, stdout } = await launchAsInit(NONE, SHOW).ended;
		expect({ status, stdout: stdout.trim() }).toEqual({
			status: 9,
			stdout: expect.stringMatching(/^(node|MainThread)$/),
		});
		expect(stderr).toMatch(
			/^dsta-run: warn: as PID 1 dsta-run does not reap orphans[^\n]+ no tini[^\n]+\n {2}fix: [^\n]*--init[^\n]+\n$/,
		);
	});

	it("a program of such a name that this user may not execute is none", async () => {
		const folder = folderOf(["bash", "cat"]);
		writeFileSync(join(folder, "tini"), "");
		chmodSync(join(folder, "tini"), 0o644);
		expect(await launchAsInit({ folder }, SHOW).ended).toMatchObject({
			status: 9,
			stdout: "sh\n",
			stderr: "",
		});
	});

	it("sockets of a service manager keep the launcher", async () => {
		const start = `exec 3</dev/null; LISTEN_FDS=1 LISTEN_PID=1 exec "$@"`;
		const words = [...wordsOfInit({ folder: folderOf(["bash", "cat"]) }), "/bin/bash", "-c", start, "bash"];
		const [file = "", ...args] = [...words, ...LAUNCHER, "--", ...SHOW];
		const { status, stderr } = spawnSync(file, args, { cwd: EMPTY, encoding: "utf8" });
		expect({ status, stderr }).toEqual({ status: 9, stderr: expect.stringContaining("LISTEN_FDS") });
	});
});

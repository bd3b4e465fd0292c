import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BUILD, folderWith, LAUNCHER, type Launch, launch, launchSync, PYTHON } from "./launch.ts";

const FOLDER = folderWith("{}\n");
let maps = 0;

/** The options that make a launcher use a map with these settings. */
function asked(run: string, secrets = ""): readonly string[] {
	const map = `asked-${maps++}.yaml`;
	writeFileSync(join(FOLDER, map), `run: { ${run} }\nsecrets: { ${secrets} }\n`);
	return ["-m", map];
}

/** A program that says which signals it gets, and ends with status 3 because of USR2. */
const LISTENER = `
import signal, sys
heard = {signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2}
signal.pthread_sigmask(signal.SIG_BLOCK, heard)
print("ready", flush=True)
while (got := signal.sigwait(heard)) != signal.SIGUSR2: print("got", signal.Signals(got).name, flush=True)
sys.exit(3)`;

function launchListener(run: string): Launch {
	return launch(FOLDER, [...asked(run), "--", PYTHON, "-c", LISTENER]);
}

function launchAsked(run: string, script: string): Launch {
	return launch(FOLDER, [...asked(run), "--", "sh", "-c", script]);
}

describe("run.signals", () => {
	it("says what the command gets instead of a signal, and what it does not get", async () => {
		const { child, ended, said } = launchListener("signals: { TERM: QUIT, SIGHUP: SIGUSR1, INT: none }");
		await said("ready");
		child.kill("SIGINT");
		child.kill("SIGTERM");
		await said("got SIGQUIT");
		child.kill("SIGHUP");
		await said("got SIGUSR1");
		child.kill("SIGUSR2");
		expect(await ended).toEqual({
			status: 3,
			signal: null,
			stdout: "ready\ngot SIGQUIT\ngot SIGUSR1\n",
			stderr: "",
		});
	});
});

describe("run.kill_after", () => {
	it.each(["TERM", "INT", "HUP", "QUIT"])(
		"kills a command that does not end because of a signal: %s",
		async (name) => {
			const { child, ended, said } = launchAsked(
				"kill_after: 300ms",
				`trap '' ${name}; echo ready; exec sleep 1000`,
			);
			await said("ready");
			child.kill(`SIG${name}` as NodeJS.Signals);
			expect(await ended).toEqual({
				status: null,
				signal: "SIGKILL",
				stdout: "ready\n",
				stderr:
					"dsta-run: warn: the command goes on 0.3 s after a signal to end: killing it (run.kill_after)\n",
			});
		},
	);

	it("counts a signal that is rewritten to one that ends", async () => {
		const { child, ended, said } = launchAsked(
			"kill_after: 1ms, signals: { USR1: TERM }",
			"trap '' TERM; echo ready; exec sleep 1000",
		);
		await said("ready");
		child.kill("SIGUSR1");
		expect(await ended).toMatchObject({ signal: "SIGKILL" });
	});

	it("leaves a command alone that was told nothing, that was told something else, and that ends in time", async () => {
		const { child, ended, said } = launchListener("kill_after: 10s, signals: { TERM: none }");
		await said("ready");
		child.kill("SIGTERM");
		child.kill("SIGUSR1");
		await said("got SIGUSR1");
		child.kill("SIGINT");
		await said("got SIGINT");
		child.kill("SIGUSR2");
		expect(await ended).toMatchObject({ status: 3, stderr: "" });
	});
});

/** Starts as many orphans and says so when none of them is left, neither running nor as a zombie. */
const ORPHANS = (count: number) => `
import os
parent = os.getppid()
for _ in range(${count}):
    child = os.fork()
    if child == 0:
        os.fork()
        os._exit(0)
    os.waitpid(child, 0)
def left():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try: stat = open(f"/proc/{pid}/stat").read()
        except OSError: continue
        if int(pid) != os.getpid() and int(stat.rpartition(")")[2].split()[1]) == parent: return True
print("adopted", flush=True)
while left(): pass
print("none left", flush=True)
os._exit(42)`;
const REAPED = { status: 42, signal: null, stdout: "adopted\nnone left\n", stderr: "" };

if (BUILD === "standalone") {
	describe("orphans", () => {
		it.each([1, 2, 3, 4, 5])("are reaped by the first process of a namespace (%i)", (_) => {
			const namespace = ["-Urpf", "--mount-proc", ...LAUNCHER, "--", PYTHON, "-c", ORPHANS(60)];
			expect(spawnSync("unshare", namespace, { cwd: FOLDER, encoding: "utf8" })).toMatchObject(REAPED);
		});

		it("are reaped with run.subreaper", async () => {
			const command = [...asked("subreaper: true"), "--", PYTHON, "-c", ORPHANS(60)];
			expect(await launch(FOLDER, command).ended).toEqual(REAPED);
		});
	});

	describe("run.on_orphan", () => {
		const SCRIPT = "trap 'echo told' TERM; echo ready; read line; echo last";

		it.each([
			["tells the command when the launcher is killed", "on_orphan: TERM", /^ready\n(told\n)+last\n$/],
			["is nothing by default: the command goes on", "", /^ready\nlast\n$/],
		])("%s", async (_, setting, stdout) => {
			const { child, ended, said } = launchAsked(setting, SCRIPT);
			await said("ready");
			// Its end also closes the input of the command. The kernel may tell it once for each thread that ends.
			child.kill("SIGKILL");
			const result = { status: null, signal: "SIGKILL", stdout: expect.stringMatching(stdout), stderr: "" };
			expect(await ended).toEqual(result);
		});

		it("tells a command whose launcher was killed before it could ask for that", () => {
			const { signal, stdout } = launchSync(["--tied", "15", "1", "echo", "started"], { cwd: FOLDER });
			expect({ signal, stdout }).toEqual({ signal: "SIGTERM", stdout: "" });
		});

		it("leaves the command as it is without", () => {
			const script = `exec 9>&1; trap '' USR2; "$@" sh -c 'printf "%s." "$@" "$ODD" >&9; grep -E "Sig(Ign|Blk)" /proc/self/status; kill -TERM $$' sh "" "a b" "$(printf 'x\\377')"`;
			const run = (launcher: readonly string[]) =>
				spawnSync("bash", ["--norc", "-c", script, "bash", ...launcher], {
					cwd: FOLDER,
					env: { PATH: process.env.PATH, ODD: "o\ndd" },
					encoding: "latin1",
				});
			const { output, status } = run(["env"]);
			expect(run([...LAUNCHER, ...asked("on_orphan: TERM"), "--"])).toMatchObject({ output, status });
		});

		it("says as always what cannot be started", () => {
			const run = (...args: readonly string[]) =>
				launchSync([...args, "--", "no-such-command"], { cwd: FOLDER });
			const { status, stderr } = run();
			expect(run(...asked("on_orphan: TERM"))).toMatchObject({ status, stderr });
		});
	});
}

describe("what cannot be done", () => {
	const EXEC = (names: string) =>
		`Exec mode leaves nobody to do what is asked by ${names}: dsta-run becomes the command`;
	const NODE = (names: string) => `Node cannot do what is asked by ${names}`;
	type Refusal = [names: string, setting: string, message: (names: string) => string];
	const NODE_CANNOT: Refusal[] = [
		["run.subreaper", "subreaper: true", NODE],
		["run.on_orphan", "on_orphan: TERM", NODE],
		["run.subreaper, run.on_orphan", "subreaper: true, on_orphan: TERM, kill_after: 1s", NODE],
		["run.ready.notify", "watch: 5m, ready: { notify: true }", NODE],
	];

	it.each<Refusal>([
		["run.signals", "mode: exec, signals: { TERM: QUIT }", EXEC],
		["run.kill_after", "mode: exec, kill_after: 30s", EXEC],
		["run.subreaper", "mode: exec, subreaper: true", EXEC],
		["run.on_orphan", "mode: exec, on_orphan: TERM", EXEC],
		["run.watch", "mode: exec, watch: 5m", EXEC],
		["run.watch, run.reload_signal", "mode: exec, watch: true, reload_signal: HUP", EXEC],
		["run.kill_after, run.on_orphan", "mode: exec, on_orphan: TERM, kill_after: 30s", EXEC],
		...(BUILD === "npm" ? NODE_CANNOT : []),
	])("is refused before anybody is asked for a secret: %s (%s)", (names, setting, message) => {
		const options = asked(setting, "supervised/secret/key: { env: KEY, backend: vault }");
		const run = launchSync([...options, "--", "echo", "started"], { cwd: FOLDER });
		expect(run).toMatchObject({ status: 69, stdout: "" });
		expect(run.stderr.split("\n")[0]).toBe(`dsta-run: error: ${message(names)} [DSTA_UNSUPPORTED]`);
		for (const subcommand of ["check", "explain"]) {
			const { status, stderr, stdout } = launchSync([subcommand, ...options], { cwd: FOLDER });
			expect({ status, stderr, stdout }).toEqual({ status: 69, stderr: run.stderr, stdout: "" });
		}
	});

	it.each([
		["--watch", ["--watch"]],
		["--watch-interval", ["--watch-interval", "5m"]],
		["--redact", ["--redact"]],
	])("is called by the option that asks for it: %s", (name, options) => {
		const { status, stderr } = launchSync(["--exec", ...options, ...asked(""), "--", "echo"], {
			cwd: FOLDER,
		});
		expect({ status, stderr }).toEqual({
			status: 69,
			stderr: `dsta-run: error: ${EXEC(name)} [DSTA_UNSUPPORTED]\n  fix: Use --spawn (run.mode: spawn), or leave ${name} out.\n`,
		});
	});

	it("is not refused where nothing is asked", () => {
		const run = launchSync(
			[...asked("subreaper: false, watch: false, ready: { tcp: 'localhost:80' }"), "--", "echo", "started"],
			{ cwd: FOLDER },
		);
		expect(run).toMatchObject({ status: 0, stdout: "started\n" });
	});
});

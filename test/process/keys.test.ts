import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { folderWith, LAUNCHER } from "./launch.ts";
import { itLooksAsWithEnv } from "./shell.ts";
import { CTRL, openTerminal } from "./terminal.ts";

/** A command that dies of the keys, and says when it can. */
const SLEEPER = "run sh -c 'echo asleep; exec sleep 1000'";

describe("signals of the keyboard", () => {
	itLooksAsWithEnv(
		"Ctrl-C, Ctrl-\\ and a resize reach the command once",
		async (shell) => {
			await shell.begin("run listener", "listening\r\n");
			shell.type(CTRL.C);
			await shell.shows("got INT\r\n");
			shell.type(CTRL.BACKSLASH);
			await shell.shows("got QUIT");
			shell.resize(50, 200);
			await shell.shows("got WINCH");
			shell.type("end\n");
			await shell.prompt();
		},
		["bash", "dash", "zsh"],
	);

	itLooksAsWithEnv(
		"every Ctrl-C of several reaches the command, through a launcher in a launcher as well",
		async (shell) => {
			await shell.begin("run run listener", "listening\r\n");
			for (let times = 0; times < 3; times++) {
				shell.type(CTRL.C);
				await shell.shows("got INT\r\n");
			}
			shell.type("end\n");
			await shell.prompt();
		},
	);

	itLooksAsWithEnv("the prompt is back when the command has shut down, and not before", async (shell) => {
		const clean =
			"trap 'echo stopping; read line; echo $line; exit 3' INT; echo serving; while :; do read _; done";
		await shell.enter(`clean="${clean.replaceAll("$", "\\$")}"`);
		await shell.begin('run sh -c "$clean"', "serving\r\n");
		shell.type(CTRL.C);
		await shell.shows("stopping");
		// The shell would take this for a command of its own.
		shell.type("stopped\n");
		await shell.shows("stopped\r\nstopped");
		await shell.prompt();
	});

	for (const [key, name] of [
		[CTRL.C, "Ctrl-C"],
		[CTRL.BACKSLASH, "Ctrl-\\"],
	] as const)
		itLooksAsWithEnv(`what stands behind a command that dies of ${name} is left out`, async (shell) => {
			for (const behind of ["&& echo went on", "|| echo went on", "; echo went on"]) {
				await shell.begin(`${SLEEPER} ${behind}`, "asleep\r\n");
				shell.type(key);
				await shell.prompt();
			}
		});

	itLooksAsWithEnv("a loop around a command that dies of Ctrl-C ends", async (shell) => {
		for (const line of [
			`while :; do ${SLEEPER}; done`,
			`bash -c "while :; do ${SLEEPER}; done"`,
			`sh -c "while :; do ${SLEEPER}; done"`,
			`bash -c "until ${SLEEPER}; do :; done; echo went on"`,
		]) {
			await shell.begin(line, "asleep\r\n");
			shell.type(CTRL.C);
			await shell.prompt();
		}
	});

	itLooksAsWithEnv("Ctrl-C reaches a command whose standard streams are elsewhere", async (shell) => {
		const told = "trap 'echo told >/dev/tty; exit 4' INT; echo ready >/dev/tty; while :; do sleep 0.1; done";
		await shell.enter(`told="${told}"`);
		await shell.begin('run sh -c "$told" </dev/null >out 2>&1', "ready\r\n");
		shell.type(CTRL.C);
		await shell.shows("told");
		await shell.prompt();
	});

	itLooksAsWithEnv("Ctrl-C ends the command at whatever moment of its start it comes", async (shell) => {
		for (let afterMs = 0; afterMs < 200; afterMs += 15) {
			// Before that a shell may take the key for one of its own.
			await shell.begin("sh -c 'echo begun; exec run sleep 1000'", "begun\r\n");
			await setTimeout(afterMs);
			shell.type(CTRL.C);
			await shell.prompt();
		}
	});

	itLooksAsWithEnv("Ctrl-C ends all of a pipeline", async (shell) => {
		await shell.begin(`${SLEEPER} | run cat`, "asleep\r\n");
		shell.type(CTRL.C);
		await shell.prompt();
		const last = "read first; echo $first; exec sleep 1000";
		await shell.begin(`run sh -c 'echo asleep; exec cat' | run sh -c '${last}'`, "asleep\r\n");
		shell.type(CTRL.C);
		await shell.prompt();
	});

	it("Ctrl-C before the command runs ends the launcher", async () => {
		const folder = folderWith("app/key: KEY\n");
		const server = `require("net").createServer(() => {
			console.log("asked");
		}).listen(0, "127.0.0.1", function () {
			const VAULT_ADDR = "http://127.0.0.1:" + this.address().port;
			process.on("SIGINT", () => {});
			const run = require("child_process").spawn(process.argv[1], process.argv.slice(2), {
				stdio: "inherit", env: { ...process.env, VAULT_ADDR, VAULT_TOKEN: "t" },
			});
			run.on("exit", (status, signal) => { console.log("ended " + signal); process.exit(); });
		})`;
		const run = [...LAUNCHER, "--", "echo", "started"];
		const terminal = openTerminal(folder, [process.execPath, "-e", server, ...run]);
		await terminal.shows("asked");
		terminal.type(CTRL.C);
		await terminal.shows("ended SIGINT");
		await terminal.ended;
		expect(terminal.screen()).not.toContain("started");
		terminal.close();
	});
});

describe("what is typed and shown", () => {
	itLooksAsWithEnv("lines and the end of the input reach the command", async (shell) => {
		await shell.begin("run sh -c 'echo reading; read line; echo got $line; cat; exit 8'", "reading\r\n");
		shell.type("hello\n");
		await shell.shows("got hello");
		shell.type("more\n");
		await shell.shows("more\r\nmore");
		shell.type(CTRL.D);
		await shell.prompt();
	});

	itLooksAsWithEnv(
		"what is typed ahead is for the command, and what it leaves is for the shell",
		async (shell) => {
			shell.type("run sh -c 'read line; echo got $line; exit 9'\nahead\necho left\n");
			await shell.shows("got ahead");
			await shell.prompt();
			await shell.shows("left");
			await shell.prompt();
			// bash reads a line as it is typed, and leaves nothing to a command.
		},
		["dash"],
	);

	itLooksAsWithEnv("a pipeline ends with its reader", async (shell) => {
		await shell.enter("run yes | head -1");
		await shell.enter("run yes | run head -2 | run cat");
		await shell.enter("run seq 3 | run cat; run cat </dev/null");
	});

	itLooksAsWithEnv("both streams come in order and whole", async (shell) => {
		await shell.enter("run sh -c 'for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done; printf end'");
		await shell.enter("run seq 20000");
		await shell.enter("x=$(run echo captured); echo $x; echo piped | run cat");
	});

	itLooksAsWithEnv("the size is that of the terminal, right after a resize as well", async (shell) => {
		await shell.enter("run stty size");
		await shell.begin("run listener", "listening\r\n");
		for (const [rows, columns] of [
			[30, 190],
			[40, 180],
		] as const) {
			shell.resize(rows, columns);
			await shell.shows(`got WINCH ${rows} by ${columns}`);
		}
		shell.type("end\n");
		await shell.prompt();
	});

	itLooksAsWithEnv("a command has the terminal, and in the same session", async (shell) => {
		await shell.enter("run sh -c 'tty; echo hello >/dev/tty; ps -o tty= -p $$'");
		await shell.enter("run sh -c '[ $(ps -o sid= -p $$) = $0 ] && echo same' $$");
	});
});

describe("the settings of the terminal", () => {
	itLooksAsWithEnv(
		"stay as the command left them, however it ended",
		async (shell) => {
			for (const change of [
				"run stty -echo",
				"run sh -c 'stty echo -icanon min 3; exit 5'",
				"run sh -c 'stty -echo -opost; kill -TERM $$'",
				"run sh -c 'stty -echo tostop; kill -KILL $$'",
			]) {
				await shell.enter(`${change}; stty -a; stty sane -tostop`);
			}
			// dash would show no more of what is typed.
		},
		["bash"],
	);

	itLooksAsWithEnv("Ctrl-C at a password prompt", async (shell) => {
		await shell.enter("stty -a");
		await shell.begin("run sh -c 'stty -echo; printf \"Password\"; echo :; read _'", "Password:\r\n");
		shell.type(CTRL.C);
		await shell.prompt();
		shell.type("stty -a\n");
		await shell.prompt();
	});

	itLooksAsWithEnv("a command in raw mode reads every key as a byte", async (shell) => {
		await shell.begin("run pager", "reading");
		for (const [key, code] of [
			[CTRL.C, "03"],
			[CTRL.Z, "1a"],
			[CTRL.BACKSLASH, "1c"],
			[CTRL.D, "04"],
			["\x1b[A", "1b5b41"],
		] as const) {
			shell.type(key);
			await shell.shows(`key ${code}`);
		}
		shell.type("q");
		await shell.prompt();
		await shell.enter("stty -a");
	});

	itLooksAsWithEnv("a pager reads keys from the terminal and pages what is piped to it", async (shell) => {
		await shell.begin("run seq 3 | run pager cooked", "reading");
		shell.type("j");
		await shell.shows("key 6a");
		shell.type("q");
		await shell.prompt();
		await shell.enter("stty -a");
	});
});

describe("programs that take the terminal for themselves", () => {
	itLooksAsWithEnv("a full-screen program, resized and suspended", async (shell) => {
		await shell.begin("TERM=vt100 run editor keys.txt", "24 by 200");
		shell.type("a");
		await shell.shows("a");
		shell.resize(31, 177);
		await shell.shows("177");
		shell.type(CTRL.Z);
		await shell.prompt();
		await shell.begin("fg", "31 by 177");
		shell.type("bq");
		await shell.prompt();
		await shell.enter("cat keys.txt; stty -a");
	});

	itLooksAsWithEnv(
		"an interactive shell has job control of its own",
		async (shell) => {
			await shell.begin("run bash --norc -i", "]> ");
			await shell.begin("sh -c 'echo innermost; exec sleep 1000'", "innermost\r\n");
			shell.type(CTRL.C);
			await shell.prompt();
			await shell.begin("listener", "listening\r\n");
			shell.type(CTRL.Z);
			await shell.prompt();
			await shell.enter("jobs");
			await shell.begin("fg", "got CONT");
			shell.type(CTRL.C);
			await shell.shows("got INT\r\n");
			shell.type("end\n");
			await shell.prompt();
			await shell.enter("suspend");
			await shell.enter("echo outer; jobs");
			await shell.enter("fg");
			await shell.enter("exit 9");
			await shell.enter("stty -a");
		},
		["bash", "dash", "zsh"],
	);

	itLooksAsWithEnv("a terminal within the terminal", async (shell) => {
		await shell.begin('script -qec "run listener" /dev/null', "listening\r\n");
		shell.type(CTRL.C);
		await shell.shows("got INT\r\n");
		shell.type("quit\n");
		await shell.prompt();
		await shell.enter("run script -qec 'tty; exit 4' /dev/null");
		await shell.enter("setsid --wait run sh -c 'ps -o tty= -p $$; exit 5'");
	});
});

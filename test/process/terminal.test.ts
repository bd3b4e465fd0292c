import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { folderWith, isRunning, LAUNCHER } from "./launch.ts";
import { CTRL, DSTA_RUN, openTerminal, type Terminal } from "./terminal.ts";

const FOLDER = folderWith("{}\n");
const LAUNCH = [...LAUNCHER, "--"];

/**
 * A program that says which signals it gets and which lines it reads. At the line `end` it has its launcher send USR1, which comes
 * after all that the launcher had to forward before, and ends with status 7.
 */
const LISTENER = join(FOLDER, "listener.cjs");
writeFileSync(
	LISTENER,
	`for (const name of ["INT", "QUIT", "WINCH", "CONT", "TERM"]) process.on("SIG" + name, () => console.log("got " + name));
	process.on("SIGUSR1", () => { console.log("got USR1"); process.exit(7); });
	setInterval(() => {}, 1000);
	process.stdin.on("data", (line) => {
		console.log("read " + line);
		if (String(line) === "end\\n") process.kill(process.ppid, "SIGUSR1");
	});
	console.log("listening " + process.ppid);`,
);
const LAUNCH_LISTENER = `${DSTA_RUN} -- '${process.execPath}' ${LISTENER}`;

let terminal: Terminal;
const open = (args: readonly string[]) => {
	terminal = openTerminal(FOLDER, args);
	return terminal;
};
const count = (text: string) => terminal.screen().split(text).length - 1;

afterEach(() => terminal.close());

describe("on the foreground of a terminal", () => {
	it("Ctrl-C, Ctrl-\\ and a resize reach the command once", async () => {
		const { ended, resize, shows, type } = open([...LAUNCH, process.execPath, LISTENER]);
		await shows("listening");
		type(CTRL.C);
		await shows("got INT");
		type(CTRL.BACKSLASH);
		await shows("got QUIT");
		resize(50, 100);
		await shows("got WINCH");
		type("end\n");
		expect(await ended).toEqual({ status: 7 });
		expect([count("got INT"), count("got QUIT"), count("got WINCH")]).toEqual([1, 1, 1]);
	});

	it("Ctrl-Z stops both, and fg continues both", async () => {
		const { shows, type } = open(["sh", "-i"]);
		type(`${LAUNCH_LISTENER}\n`);
		await shows("listening");
		type(CTRL.Z);
		await shows("Stopped");
		type("fg\n");
		await shows("got CONT");
		type("end\n");
		await shows("got USR1");
		type("echo status $?\n");
		await shows("status 7");
		expect(count("got CONT")).toBe(1);
	});

	it("a command that dies of Ctrl-C ends the loop of the shell around it", async () => {
		const { shows, type } = open(["sh", "-i"]);
		type(`sh -c "while ${DSTA_RUN} -- sh -c 'echo round; exec sleep 1000' || true; do :; done"\n`);
		await shows("round\r\n");
		type(CTRL.C);
		type("echo lo''op $?\n");
		await shows("loop 130");
		expect(count("round\r\n")).toBe(1);
	});

	it("Ctrl-C before the command runs ends the launcher", async () => {
		writeFileSync(join(FOLDER, "silent.yaml"), "app/key: KEY\n");
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
		const run = [...LAUNCHER, "-m", "silent.yaml", "--", "echo", "started"];
		const { ended, shows, type } = open([process.execPath, "-e", server, ...run]);
		await shows("asked");
		type(CTRL.C);
		await shows("ended SIGINT");
		await ended;
		expect(count("started")).toBe(0);
	});

	it("input passes through to the command, and its end as well", async () => {
		const { ended, shows, type } = open([...LAUNCH, "sh", "-c", "read line; echo got $line; cat; exit 8"]);
		type("hello\n");
		await shows("got hello");
		type(`more\n`);
		await shows("more\r\nmore");
		type(CTRL.D);
		expect(await ended).toEqual({ status: 8 });
	});

	it("the settings stay as the command left them", async () => {
		const { settings, shows, type } = open(["sh", "-i"]);
		const change = async (command: string) => {
			type(`${command}; echo do''ne\n`);
			await shows("done");
			return await settings();
		};
		expect(await settings()).toEqual({ echo: true, canonical: true });
		expect(await change(`${DSTA_RUN} -- stty -echo`)).toEqual({ echo: false, canonical: true });
		expect(await change(`${DSTA_RUN} -- stty echo`)).toEqual({ echo: true, canonical: true });
		expect(await change(`${DSTA_RUN} -- sh -c 'stty -echo; kill -TERM $$'`)).toEqual({
			echo: false,
			canonical: true,
		});
		expect(await change(`${DSTA_RUN} -- stty -icanon echo`)).toEqual({ echo: true, canonical: false });
	});

	it("an interactive shell as the command has job control", async () => {
		const { ended, shows, type } = open(["sh", "-i"]);
		type(`${DSTA_RUN} -- sh -i\n`);
		type("sh -c 'echo inner''most; exec sleep 1000'\n");
		await shows("innermost");
		type(CTRL.C);
		type("echo st''ill $?; exit 9\n");
		await shows("still 130");
		type("echo ou''ter $?; exit 3\n");
		await shows("outer 9");
		expect(await ended).toEqual({ status: 3 });
	});
});

describe("on the background of a terminal", () => {
	it("a signal to the launcher reaches the command: kill -INT", async () => {
		const { shows, type } = open(["sh", "-i"]);
		type(`${LAUNCH_LISTENER} </dev/null &\n`);
		await shows("listening");
		type("kill -INT $!\n");
		await shows("got INT");
		type("kill -USR1 $!\n");
		await shows("got USR1");
		type("wait $!; echo status $?\n");
		await shows("status 7");
		expect(count("got INT")).toBe(1);
	});

	it("fg brings both to the foreground", async () => {
		const { shows, type } = open(["sh", "-i"]);
		type(`${DSTA_RUN} -- sh -c 'echo rea''dy $PPID; read line; echo got $line' &\n`);
		await shows("ready ");
		const launcher = Number(await shows("\r\n"));
		// The command reads from the terminal, for which the kernel stops its whole group.
		await expect.poll(() => readFileSync(`/proc/${launcher}/stat`, "utf8")).toMatch(/\) T /);
		type("fg\n");
		type("hello\n");
		await shows("got hello");
	});
});

describe("the hang-up of a terminal", () => {
	it("ends a launcher that leads the session, with its command", async () => {
		const { ended, hangUp, shows } = open([...LAUNCH, "sh", "-c", "echo ready; exec sleep 1000"]);
		await shows("ready");
		hangUp();
		expect(await ended).toEqual({ signal: 1 });
	});

	it("ends without an abort a launcher whose command ends by itself", async () => {
		const { ended, hangUp, shows } = open([
			...LAUNCH,
			"sh",
			"-c",
			"trap 'exit 5' HUP; echo ready; sleep 1000 & wait",
		]);
		await shows("ready");
		hangUp();
		expect(await ended).toEqual({ status: 5 });
	});

	it("ends the jobs of a shell", async () => {
		const { ended, hangUp, shows, type } = open(["sh", "-i"]);
		type(`${LAUNCH_LISTENER}\n`);
		await shows("listening ");
		const launcher = Number(await shows("\r\n"));
		hangUp();
		await ended;
		await expect.poll(() => isRunning(launcher)).toBe(false);
	});
});

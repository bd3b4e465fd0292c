import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { constants } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BUILD, childrenOf, folderWith, isRunning, LAUNCHER, launch, PYTHON } from "./launch.ts";

const EMPTY = folderWith("{}\n");
const SHELL = (script: string) => ["--", "sh", "-c", script];

/** Faults of the process itself, what cannot be caught, and what the runtime keeps: see the essay in src/launch/signals.ts. */
const NOT_FORWARDED = "KILL STOP ILL TRAP ABRT BUS FPE SEGV SYS CHLD PIPE XFSZ".split(" ");
const STOPS = ["TSTP", "TTIN", "TTOU"];
const IGNORED = ["CONT", "URG", "WINCH"];

const numberOf = (name: string) => constants.signals[`SIG${name}` as NodeJS.Signals];
const namesOf = new Map<number, string>();
for (const [name, number] of Object.entries(constants.signals))
	if (!namesOf.has(number)) namesOf.set(number, name.slice(3));
for (const name of NOT_FORWARDED) namesOf.delete(numberOf(name));

const FORWARDED = [...namesOf].map(([number, name]) => ({ name, number }));
const FATAL = FORWARDED.filter(({ name }) => !STOPS.includes(name) && !IGNORED.includes(name));

/** A program that says which signals it gets, and answers a line on its standard input with a USR1 to its launcher. */
const LISTENER = `
	const names = new Map(Object.entries(require("os").constants.signals).map(([name, number]) => [number, name]));
	for (const [number, name] of names) try { process.on(name, () => console.log("got " + number)); } catch {}
	process.on("SIGUSR1", () => process.exit(7));
	process.stdin.once("data", () => process.kill(process.ppid, "SIGUSR1"));
	console.log("ready");`;

describe("every catchable signal", () => {
	it("is in these tables", () => {
		expect(FORWARDED.length).toBe(19);
		expect(FATAL.length).toBe(13);
	});

	it.each(FORWARDED)("reaches a command that ends because of it: $name", async ({ number }) => {
		const { child, ended, said } = launch(EMPTY, SHELL(`trap 'exit 3' ${number}; echo ready; read line`));
		await said("ready");
		process.kill(child.pid as number, number);
		expect(await ended).toEqual({ status: 3, signal: null, stdout: "ready\n", stderr: "" });
	});

	it.each(FORWARDED)("leaves the launcher of a command that ignores it: $name", async ({ number }) => {
		const { child, ended, said } = launch(EMPTY, SHELL(`trap '' ${number}; echo ready; read line; exit 4`));
		await said("ready");
		process.kill(child.pid as number, number);
		child.stdin?.end();
		expect(await ended).toEqual({ status: 4, signal: null, stdout: "ready\n", stderr: "" });
	});

	it.each(FATAL)("ends the launcher as it ends the command: $name", async ({ number }) => {
		const { child, ended, said } = launch(EMPTY, SHELL("ulimit -c 0; echo ready; read line"));
		await said("ready");
		const [command] = childrenOf(child.pid);
		process.kill(child.pid as number, number);
		const { signal, status, stderr } = await ended;
		expect({ status, stderr, number: constants.signals[signal as NodeJS.Signals] }).toEqual({
			status: null,
			stderr: "",
			number,
		});
		expect(isRunning(command as number)).toBe(false);
	});

	it("arrives once, and all of a burst arrive", async () => {
		const { child, ended, said } = launch(EMPTY, ["--", process.execPath, "-e", LISTENER]);
		await said("ready");
		// Without those that stop: the kernel itself drops them when CONT comes, and CONT when they come.
		const burst = FORWARDED.filter(({ name }) => name !== "USR1" && !STOPS.includes(name)).map(
			({ number }) => number,
		);
		for (const number of burst) process.kill(child.pid as number, number);
		await Promise.all(burst.map((number) => said(`got ${number}\n`)));
		// What the launcher still had to forward comes before the signal that it gets now.
		child.stdin?.write("\n");
		const { status, stderr, stdout } = await ended;
		expect({ status, stderr }).toEqual({ status: 7, stderr: "" });
		const got = stdout.split("\n").filter((line) => line.startsWith("got"));
		const expected = [...burst, numberOf("USR1")].map((number) => `got ${number}`);
		expect(got.sort()).toEqual(expected.sort());
	});

	it("arrives again when it is sent again", async () => {
		const count = `let n = 0; process.on("SIGTERM", () => { console.log("term" + ++n); if (n === 5) process.exit(9); });
			setInterval(() => {}, 1000); console.log("ready");`;
		const { child, ended, said } = launch(EMPTY, ["--", process.execPath, "-e", count]);
		await said("ready");
		for (let sent = 1; sent <= 5; sent++) {
			child.kill("SIGTERM");
			await said(`term${sent}`);
		}
		expect(await ended).toMatchObject({ status: 9 });
	});
});

// Node cannot catch them.
if (BUILD === "standalone")
	describe("a real-time signal", () => {
		const REAL_TIME = [34, 35, 50, 63, 64];

		it.each(REAL_TIME)("reaches a command that ends because of it: %i", async (number) => {
			const { child, ended, said } = launch(EMPTY, SHELL(`trap 'exit 3' ${number}; echo ready; read line`));
			await said("ready");
			process.kill(child.pid as number, number);
			expect(await ended).toEqual({ status: 3, signal: null, stdout: "ready\n", stderr: "" });
		});

		it.each(REAL_TIME)("leaves the launcher of a command that ignores it: %i", async (number) => {
			const { child, ended, said } = launch(EMPTY, SHELL(`trap '' ${number}; echo ready; read line; exit 4`));
			await said("ready");
			process.kill(child.pid as number, number);
			child.stdin?.end();
			expect(await ended).toEqual({ status: 4, signal: null, stdout: "ready\n", stderr: "" });
		});

		it.each(REAL_TIME)("ends the launcher as it ends the command: %i", (number) => {
			const python = `import subprocess, sys; print(subprocess.run(sys.argv[1:], cwd=${JSON.stringify(EMPTY)}).returncode)`;
			const kill = `ulimit -c 0; kill -${number} $$`;
			const { stderr, stdout } = spawnSync(PYTHON, ["-c", python, ...LAUNCHER, ...SHELL(kill)], {
				encoding: "utf8",
			});
			expect({ stderr, stdout }).toEqual({ stderr: "", stdout: `${-number}\n` });
		});

		it("arrives as often as it was sent, in order and with its value", async () => {
			const queue = new URL("queue.py", import.meta.url).pathname;
			const { child, ended, said } = launch(EMPTY, ["--", PYTHON, queue, "hear", "35", "40", "15"]);
			await said("ready");
			for (const number of [40, 35]) spawnSync(PYTHON, [queue, "send", `${child.pid}`, `${number}`, "100"]);
			await Promise.all([said("40 99\n"), said("35 99\n")]);
			child.kill();
			const sent = [40, 35].flatMap((number) =>
				Array.from({ length: 100 }, (_, value) => `${number} ${value}`),
			);
			expect(await ended).toEqual({
				status: 0,
				signal: null,
				stdout: `ready\n${sent.join("\n")}\nlast 15\n`,
				stderr: "",
			});
		});
	});

describe("a TERM at the moment when the command appears", () => {
	const ROUNDS = Array.from({ length: 30 }, (_, round) => round);

	it.each(ROUNDS)("ends both (%i)", async () => {
		const { child, ended } = launch(EMPTY, ["--", "sleep", "1000"]);
		const [command] = await firstChildren(child.pid);
		child.kill("SIGTERM");
		expect(await ended).toEqual({ status: null, signal: "SIGTERM", stdout: "", stderr: "" });
		expect(isRunning(command as number)).toBe(false);
	});

	it.each(ROUNDS.slice(0, 10))(
		"ends both where it is the first thing that the command does (%i)",
		async () => {
			const { ended } = launch(EMPTY, SHELL("kill -TERM $PPID; exec sleep 1000"));
			expect(await ended).toEqual({ status: null, signal: "SIGTERM", stdout: "", stderr: "" });
		},
	);
});

describe("the launcher", () => {
	it("never ends before its command, however often it is told to", async () => {
		const { child, ended, said } = launch(
			EMPTY,
			SHELL("trap '' TERM INT HUP QUIT; echo ready; read line; echo last; exit 5"),
		);
		await said("ready");
		for (let round = 0; round < 10; round++)
			for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const) child.kill(signal);
		child.stdin?.end();
		expect(await ended).toMatchObject({ status: 5, stdout: "ready\nlast\n" });
	});

	it("does not wait for what the command leaves behind", async () => {
		const { child, ended, said } = launch(EMPTY, SHELL("sleep 1000 & echo ready $!; exit 6"));
		const exit = new Promise((resolve) => child.once("exit", resolve));
		await said("ready");
		expect(await exit).toBe(6);
		// It holds our end of the pipes.
		process.kill(-(child.pid as number), "SIGKILL");
		expect(await ended).toMatchObject({ status: 6 });
	});
});

describe("the inspector of the launcher", () => {
	// The standalone executable has none.
	if (BUILD === "npm")
		it("is closed again where a USR1 comes before anything could listen", async () => {
			// As early as it gets: before the first line of the executable.
			const hook = join(EMPTY, "early.cjs");
			writeFileSync(
				hook,
				`const { url } = require("node:inspector");
			process.kill(process.pid, "SIGUSR1");
			while (url() === undefined);
			require("node:fs").writeFileSync(process.env.OPENED, url());`,
			);
			const opened = join(EMPTY, "opened");
			const { child, ended, said } = launch(EMPTY, SHELL("echo ready; read line"), {
				NODE_OPTIONS: `--inspect-port=0 --require ${hook}`,
				OPENED: opened,
			});
			await said("ready");
			const { port } = new URL(readFileSync(opened, "utf8"));
			await expect(fetch(`http://127.0.0.1:${port}/json`)).rejects.toThrow("fetch failed");
			child.stdin?.end();
			expect((await ended).status).toBe(1);
		});

	it("leaves its port to a command that NODE_OPTIONS tells to open it", async () => {
		const { status, stderr, stdout } = await launch(
			EMPTY,
			["--", process.execPath, "-p", "require('node:inspector').url() !== undefined"],
			{ NODE_OPTIONS: `--inspect=127.0.0.1:${await freePort()}` },
		).ended;
		expect({ status, stdout }).toEqual({ status: 0, stdout: "true\n" });
		expect(stderr).not.toContain("address already in use");
	});
});

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

async function firstChildren(pid: number | undefined): Promise<readonly number[]> {
	for (;;) {
		// Without a pause in between, so that the signal comes as early as it can.
		for (let look = 0; look < 200; look++) {
			const children = childrenOf(pid);
			if (children.length > 0) return children;
		}
		await new Promise((resolve) => setImmediate(resolve));
	}
}

import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, existsSync, openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
	childrenOf,
	folderWith,
	follow,
	LAUNCHER,
	type Launch,
	nonBlockingStreams,
	PYTHON,
} from "./launch.ts";

let folder: string;
/** Of a pipe that holds 64 KiB. */
let reading: number;
let writing: number;

beforeEach(() => {
	folder = folderWith("{}\n");
	writeFileSync(join(folder, ".env"), "VALUE=1\n");
	const pipe = join(folder, "errors");
	execFileSync("mkfifo", [pipe]);
	reading = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
	writing = openSync(pipe, "w");
});

afterEach(() => {
	closeSync(reading);
});

/** Starts a launcher whose standard error is the pipe. */
function launchInto(map: string, command: readonly string[]): Launch {
	writeFileSync(join(folder, "secrets.map.yaml"), map);
	const [file = "", ...args] = [...LAUNCHER, "--", ...command];
	const env = { PATH: process.env.PATH, DSTA_ENV_FILE: join(folder, ".env") };
	const child = spawn(file, args, { cwd: folder, env, stdio: ["pipe", "pipe", writing] });
	closeSync(writing);
	return { child, ...follow(child) };
}

function readAll(): string {
	const bytes = Buffer.alloc(128 * 1024);
	return bytes.toString("latin1", 0, readSync(reading, bytes));
}

describe("standard error that nobody reads", () => {
	const fill = "head -c 65536 /dev/zero >&2";

	it("does not keep the launcher from killing the command in time", async () => {
		const script = `trap '' TERM; ${fill}; echo ready; exec sleep 1000`;
		const { child, ended, said } = launchInto("run: { kill_after: 1ms }\nsecrets: {}\n", [
			"sh",
			"-c",
			script,
		]);
		await said("ready");
		child.kill("SIGTERM");
		expect(await ended).toMatchObject({ signal: "SIGKILL" });
	});

	it("has what was said meanwhile as soon as somebody reads it", async () => {
		const listener = `trap 'echo got it; read -r _; exit 3' USR1; ${fill}; echo ready; while :; do sleep 0.02; done`;
		const map =
			"run: { watch: 50ms, settle: 0 }\nsecrets: { app/value_x: { env: VALUE, on_change: ignore } }\n";
		const { child, ended, said } = launchInto(map, ["sh", "-c", listener]);
		await said("ready");
		// What it says of that waits; what comes after it does not.
		writeFileSync(join(folder, ".env"), "VALUE='\n");
		let text = "";
		await expect.poll(() => (text += readAll())).toContain("dsta-run: warn: ");
		child.kill("SIGUSR1");
		await said("got it");
		child.stdin?.end("\n");
		expect(await ended).toMatchObject({ status: 3 });
	});
});

describe("standard error that the command has made non-blocking", () => {
	it("stays so when a program runs beside it", async () => {
		const script = `
import fcntl, os, sys
fcntl.fcntl(2, fcntl.F_SETFL, fcntl.fcntl(2, fcntl.F_GETFL) | os.O_NONBLOCK)
print("ready", flush=True)
sys.stdin.readline()`;
		const hook = join(folder, "hooked");
		const map = `run: { watch: 50ms, settle: 0, on_change: { exec: [sh, -c, "echo of the hook >&2; touch ${hook}"] } }\nsecrets: { app/value_x: VALUE }\n`;
		const { child, ended, said } = launchInto(map, [PYTHON, "-c", script]);
		await said("ready");
		const [command = 0] = childrenOf(child.pid);
		expect(nonBlockingStreams(command)).toEqual([2]);
		writeFileSync(join(folder, ".env"), "VALUE=2\n");
		await expect.poll(() => existsSync(hook), { timeout: 10_000 }).toBe(true);
		expect(nonBlockingStreams(command)).toEqual([2]);
		expect(readAll()).toContain("of the hook\n");
		child.stdin?.end("\n");
		await ended;
	});
});

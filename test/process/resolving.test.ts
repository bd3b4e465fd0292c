import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { constants } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
	BUILD,
	childrenOf,
	folderWith,
	follow,
	LAUNCHER,
	launch,
	MODE,
	nonBlockingStreams,
	PYTHON,
} from "./launch.ts";

const FOLDER = folderWith("app/secret_key: SECRET_KEY\n");
const ENDING = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const;
const COMMAND = ["--", "echo", "started"];

let server: Server;
let address: string;
let asked: Promise<void>;
let sockets: Socket[];
/** What the server does with a request: nothing, unless a test says otherwise. */
let answer: (socket: Socket) => void;

beforeEach(async () => {
	answer = () => undefined;
	sockets = [];
	asked = new Promise((resolve) => {
		server = createServer((socket) => {
			sockets.push(socket);
			socket.on("error", () => undefined);
			socket.on("data", () => {
				resolve();
				answer(socket);
			});
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => server.close());

const BACKENDS: Readonly<Record<string, () => NodeJS.ProcessEnv>> = {
	Vault: () => ({ VAULT_ADDR: address, VAULT_TOKEN: "t" }),
	AWS: () => ({
		AWS_REGION: "us-east-1",
		AWS_ENDPOINT_URL: address,
		AWS_ACCESS_KEY_ID: "k",
		AWS_SECRET_ACCESS_KEY: "s",
	}),
	"the credentials of AWS": () => ({
		AWS_REGION: "us-east-1",
		AWS_CONTAINER_CREDENTIALS_FULL_URI: address,
	}),
};
const TABLE = Object.keys(BACKENDS).flatMap((backend) => ENDING.map((signal) => ({ backend, signal })));

describe("a signal while secrets are resolved", () => {
	it.each(TABLE)(
		"ends the launcher at once, which waits for $backend: $signal",
		async ({ backend, signal }) => {
			const { child, ended } = launch(FOLDER, COMMAND, { SECRET_KEY: "x", ...BACKENDS[backend]?.() });
			await asked;
			expect(childrenOf(child.pid)).toEqual([]);
			child.kill(signal);
			expect(await ended).toEqual({ status: null, signal, stdout: "", stderr: "" });
		},
	);

	it("waits for the command if it does not end a run: USR1", async () => {
		const { child, ended } = launch(FOLDER, ["--", "cat"], { SECRET_KEY: "x", ...BACKENDS.Vault?.() });
		await asked;
		child.kill("SIGUSR1");
		// Vault is unavailable then, and the environment has the secret.
		answer = (socket) => socket.destroy();
		for (const socket of sockets) socket.destroy();
		expect(await ended).toMatchObject({ status: null, signal: "SIGUSR1" });
	});

	it("is undone by one that lets the command go on: TSTP, by CONT", async () => {
		// In another process group of the same session: the kernel stops none that has nobody to continue it.
		const above =
			"import os, subprocess, sys; sys.exit(subprocess.call(sys.argv[1:], preexec_fn=os.setpgrp))";
		const parent = spawn(PYTHON, ["-c", above, ...LAUNCHER, ...COMMAND], {
			detached: true,
			cwd: FOLDER,
			env: { PATH: process.env.PATH, SECRET_KEY: "x", ...BACKENDS.Vault?.() },
		});
		const { ended } = follow(parent);
		await asked;
		const [pid = 0] = childrenOf(parent.pid);
		for (const signal of ["SIGTSTP", "SIGCONT"] as const) {
			process.kill(pid, signal);
			await expect.poll(() => isPending(pid, signal), { interval: 1 }).toBe(false);
		}
		answer = (socket) => socket.destroy();
		for (const socket of sockets) socket.destroy();
		expect(await ended).toMatchObject({ status: 0, stdout: "started\n" });
	});

	// What takes our place reads nothing anew.
	if (MODE === "spawn")
		it("waits for the command if it asks for a new reading: HUP, by run.reload_signal", async () => {
			const map = "run: { reload_signal: HUP }\nsecrets:\n  app/secret_key: SECRET_KEY\n";
			const { child, ended } = launch(folderWith(map), COMMAND, { SECRET_KEY: "x", ...BACKENDS.Vault?.() });
			await asked;
			child.kill("SIGHUP");
			answer = (socket) => socket.destroy();
			for (const socket of sockets) socket.destroy();
			expect(await ended).toMatchObject({ status: 0, stdout: "started\n" });
		});

	const itWithHooks = BUILD === "npm" ? it : undefined;
	itWithHooks?.each(ENDING)("ends the launcher though it comes while the map is read: %s", async (signal) => {
		const hook = join(FOLDER, `${signal}.cjs`);
		writeFileSync(
			hook,
			`const fs = require("node:fs"), open = fs.openSync;
			fs.openSync = (file, ...rest) => {
				if (String(file).endsWith("secrets.map.yaml")) process.kill(process.pid, "${signal}");
				return open(file, ...rest);
			};`,
		);
		const env = { SECRET_KEY: "x", NODE_OPTIONS: `--require ${hook}` };
		expect(await launch(FOLDER, COMMAND, env).ended).toEqual({
			status: null,
			signal,
			stdout: "",
			stderr: "",
		});
	});

	it.each(ENDING)("ends the launcher though it comes while a large map is read: %s", async (signal) => {
		const entries = Array.from({ length: 9_000 }, (_, index) => `app/secret_${index}: SECRET_${index}\n`);
		const folder = folderWith(entries.join(""));
		const { child, ended } = launch(folder, COMMAND);
		await expect.poll(() => handles(child.pid, signal), { interval: 1 }).toBe(true);
		child.kill(signal);
		expect(await ended).toEqual({ status: null, signal, stdout: "", stderr: "" });
	});
});

/** Whether a process has a handler for a signal. */
function handles(pid: number | undefined, signal: NodeJS.Signals): boolean {
	return isAmong("SigCgt", pid, signal);
}

/** Whether a process is still to get a signal. */
function isPending(pid: number | undefined, signal: NodeJS.Signals): boolean {
	return isAmong("ShdPnd", pid, signal);
}

function isAmong(set: string, pid: number | undefined, signal: NodeJS.Signals): boolean {
	const status = readFileSync(`/proc/${pid}/status`, "latin1");
	const mask = new RegExp(`^${set}:\\s*(\\w+)$`, "m").exec(status)?.[1] ?? "0";
	return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

describe("the deadline", () => {
	it("leaves time for the fallback behind a backend that is silent", async () => {
		const env = { SECRET_KEY: "x", ...BACKENDS.Vault?.() };
		const { status, stderr, stdout } = await launch(FOLDER, ["--timeout", "2s", ...COMMAND], env).ended;
		expect({ status, stdout }).toEqual({ status: 0, stdout: "started\n" });
		expect(stderr).toMatch(/^dsta-run: warn: .*Vault.*1 entry goes on to the next backend/);
	});

	it("does not pass over an answer that came while the launcher itself was kept from running", async () => {
		let pid = 0;
		const server = createHttpServer((_request, response) => {
			process.kill(pid, "SIGSTOP");
			response.end('{"data":{"data":{"secret_key":"x"},"metadata":{"version":1}}}');
			// Longer than the launcher waits for an answer.
			setTimeout(() => process.kill(pid, "SIGCONT"), 1500);
		});
		await once(server.listen(0, "127.0.0.1"), "listening");
		const { port } = server.address() as AddressInfo;
		const env = { VAULT_ADDR: `http://127.0.0.1:${port}`, VAULT_TOKEN: "t" };
		const { child, ended } = launch(FOLDER, ["--timeout", "1s", ...COMMAND], env);
		pid = child.pid as number;
		expect(await ended).toMatchObject({ status: 0, stdout: "started\n", stderr: "" });
		server.close();
	});

	it("ends a run whose only backend is silent with 75", async () => {
		const run = ["--timeout", "1s", "--backend", "vault", ...COMMAND];
		const { status, stdout } = await launch(FOLDER, run, BACKENDS.Vault?.()).ended;
		expect({ status, stdout }).toEqual({ status: 75, stdout: "" });
	});
});

describe("the standard streams of the command", () => {
	const waiting = ["--", "sh", "-c", "echo ready; read -r _"];

	it.each([
		["of a run that asks nobody", () => ({ SECRET_KEY: "x" })],
		["with the debug output of Node", () => ({ SECRET_KEY: "x", NODE_DEBUG: "http" })],
		["once a server was asked that hangs up", () => BACKENDS.Vault?.()],
	])("are blocking: %s", async (_what, envOf) => {
		const body = '{"data":{"data":{"secret_key":"x"},"metadata":{"version":1}}}';
		answer = (socket) => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
		const { child, ended, said } = launch(FOLDER, waiting, envOf());
		await said("ready");
		const [command = child.pid as number] = childrenOf(child.pid);
		expect(nonBlockingStreams(command)).toEqual([]);
		child.stdin?.end();
		await ended;
	});
});

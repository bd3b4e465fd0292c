import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { launchOnTerminal } from "../cli/terminal.ts";
import { childrenOf, folderWith, follow, LAUNCHER, launch, launchSync } from "./launch.ts";

const MAP = `secrets:
  app/token: TOKEN
  app/certificate: { env: CERTIFICATE_FILE, as: file }
templates:
  URL: https://\${app/password|url}@host
run: { redact: true }
`;
const SECRETS = "TOKEN=hunter2-token\nAPP_CERTIFICATE='of-two\nlines-of-it'\nAPP_PASSWORD=p/w-of-url\n";

function newFolder(map = MAP): string {
	const folder = folderWith(map);
	writeFileSync(join(folder, ".env"), SECRETS);
	return folder;
}

const FOLDER = newFolder();
const SHELL = (script: string) => ["--", "sh", "-c", script];

describe("a command whose output is redacted", () => {
	it("writes its secrets to neither stream, and reads, writes and ends as before", async () => {
		const { child, ended } = launch(
			FOLDER,
			SHELL(
				`cat; printf "hunter2-"; echo 1 >&2; printf "token\\n"; echo to-name > /dev/stdout
				echo "$TOKEN" | base64 >&2; cat "$CERTIFICATE_FILE"; echo; echo "$URL p/w-of-url"; exit 7`,
			),
		);
		child.stdin?.end("typed hunter2-token\n");
		expect(await ended).toEqual({
			status: 7,
			signal: null,
			stdout: `typed [redacted:TOKEN]
[redacted:TOKEN]
to-name
[redacted:CERTIFICATE_FILE]
[redacted:URL] [redacted:app/password]
`,
			stderr: "1\n[redacted:TOKEN]\n",
		});
	});

	it("shows a prompt that does not end with a line, and gets the signals", async () => {
		const script = `trap 'echo "got $TOKEN"; exit 3' TERM; printf "Go on, hun"; read line; while :; do sleep 0.1; done`;
		const { child, ended, said } = launch(FOLDER, SHELL(script));
		await said("Go on, hun");
		child.stdin?.end("yes\n");
		child.kill("SIGTERM");
		expect(await ended).toMatchObject({ status: 3, stdout: "Go on, hungot [redacted:TOKEN]\n" });
	});

	it("dies of its signal, and gets PIPE when nobody reads any more", async () => {
		expect(await launch(FOLDER, SHELL("kill -KILL $$")).ended).toMatchObject({ signal: "SIGKILL" });
		const { child, ended, said } = launch(FOLDER, ["--", "yes"]);
		await said("y\n");
		child.stdout?.destroy();
		expect(await ended).toMatchObject({ signal: "SIGPIPE", stderr: "" });
	});

	it("ends without those that it leaves behind, and with all that it has written", async () => {
		const { ended } = launch(FOLDER, SHELL("sleep 1000 & echo $!; seq 100000; printf hunter2-to"));
		const { status, stdout } = await ended;
		process.kill(Number(stdout.slice(0, stdout.indexOf("\n"))));
		expect({ status, end: stdout.slice(-24) }).toEqual({ status: 0, end: "\n99999\n100000\nhunter2-to" });
	});

	it("writes in its order where both streams are one", async () => {
		const script = "for i in 1 2 3 4 5 6 7 8; do echo o; echo e >&2; done";
		const words = [...LAUNCHER, ...SHELL(script)];
		const child = spawn("sh", ["-c", `exec "$@" 2>&1`, "sh", ...words], {
			cwd: FOLDER,
			env: { PATH: process.env.PATH },
		});
		expect((await follow(child).ended).stdout).toBe("o\ne\n".repeat(8));
	});

	it("that is started anew writes neither its new secrets nor the former ones", async () => {
		const map = `secrets: { app/token: TOKEN }\nrun: { redact: true, reload_signal: HUP, probation: 0s }\n`;
		const folder = newFolder(map);
		const both = "former-token later-token";
		const script = `trap "exit 0" TERM; echo "$TOKEN of ${both}, \${#TOKEN}"; while :; do sleep 0.05; done`;
		const write = (value: string) => writeFileSync(join(folder, ".env"), `TOKEN=${value}\n`);
		write("former-token");
		const { child, ended, said } = launch(folder, SHELL(script));
		await said(", 12\n");
		write("later-token");
		child.kill("SIGHUP");
		await said(", 11\n");
		child.kill("SIGTERM");
		expect((await ended).stdout).toBe(
			"[redacted:TOKEN] of [redacted:TOKEN] later-token, 12\n[redacted:TOKEN] of [redacted:TOKEN] [redacted:TOKEN], 11\n",
		);
	});

	it("has no more descriptors than otherwise", async () => {
		const [redacted, plain] = await Promise.all(
			["--redact", "--no-redact"].map(
				(option) => launch(FOLDER, [option, "--", "ls", "/proc/self/fd"]).ended,
			),
		);
		expect(redacted?.stdout).toBe(plain?.stdout);
	});

	it("that has ended leaves nobody waiting for a reader who does not read, once that is to end", async () => {
		const file = join(newFolder(), "unread");
		execFileSync("mkfifo", [file]);
		const unread = openSync(file, "r+");
		const [program, ...words] = LAUNCHER as [string, ...string[]];
		const script = `trap "" TERM; echo ready >&2; head -c 100000 /dev/zero; exit 3`;
		const child = spawn(program, [...words, ...SHELL(script)], {
			cwd: FOLDER,
			env: { PATH: process.env.PATH },
			stdio: ["ignore", unread, "pipe"],
		});
		const { ended } = follow(child);
		await once(child.stderr as Readable, "data");
		const stop = setInterval(() => childrenOf(child.pid).length === 0 && child.kill("SIGTERM"), 500);
		const { status } = await ended;
		clearInterval(stop);
		closeSync(unread);
		expect(status).toBe(3);
	});

	it("is not started where it would lose a terminal, or where nobody would stay", async () => {
		const { screen, status } = await launchOnTerminal(FOLDER, ["--", "echo", "started"], {}).ended;
		expect(screen).toMatch(/standard output and standard error are a terminal.*\[DSTA_UNSUPPORTED]/);
		expect({ status, isStarted: screen.includes("started") }).toEqual({ status: 69, isStarted: false });
		const plain = await launchOnTerminal(FOLDER, ["--no-redact", "--", "tty"], {}).ended;
		expect(plain.screen).toContain("/dev/pts/");
		const exec = launchSync(["--exec", "--", "true"], { cwd: FOLDER });
		expect(exec).toMatchObject({ status: 69, stderr: expect.stringContaining("run.redact") });
	});
});

describe("dsta-run redact", () => {
	it("copies standard input without the secrets, and nothing at all where they are not known", () => {
		const input = `${Buffer.from([0, 255])} hunter2-token p%2Fw-of-url`;
		const { status, stdout } = launchSync(["redact"], { cwd: FOLDER, input });
		expect({ status, stdout }).toEqual({
			status: 0,
			stdout: `${Buffer.from([0, 255])} [redacted:TOKEN] [redacted:app/password]`,
		});
		const unknown = launchSync(["redact"], { cwd: newFolder("app/none/key: KEY\n"), input });
		expect(unknown).toMatchObject({ status: 66, stdout: "" });
	});

	it("fails where its output cannot be written", () => {
		const full = openSync("/dev/full", "w");
		const { status, stderr } = launchSync(["redact", "--quiet"], {
			cwd: FOLDER,
			input: "text",
			stdio: ["pipe", full, "pipe"],
		});
		closeSync(full);
		expect({ status, stderr }).toEqual({
			status: 74,
			stderr: expect.stringContaining("ENOSPC [DSTA_OUTPUT]"),
		});
	});

	it("ends as its reader does", async () => {
		const script = `yes hunter2-token | ${LAUNCHER.map((word) => `'${word}'`).join(" ")} redact | head -1`;
		const child = spawn("bash", ["-c", `${script}; echo "\${PIPESTATUS[*]}"`], {
			cwd: FOLDER,
			env: { PATH: process.env.PATH },
		});
		expect((await follow(child).ended).stdout).toBe("[redacted:TOKEN]\n141 141 0\n");
	});
});

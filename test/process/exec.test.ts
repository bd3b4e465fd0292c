import { spawn, spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BUILD, folderWith, follow, LAUNCHER, launch, launchSync } from "./launch.ts";

const FOLDER = folderWith("app/secret_key: SECRET_KEY\n");
const ENV = { SECRET_KEY: "s3cret" };
const exec = (...command: string[]) => launch(FOLDER, ["--exec", "--", ...command], ENV);

describe("exec mode", () => {
	it("makes the launcher the command: the same pid, and no process beside it", async () => {
		const { child, ended, said } = exec("sh", "-c", "echo $$ $PPID $SECRET_KEY; read line");
		await said("s3cret");
		expect(readFileSync(`/proc/${child.pid}/comm`, "utf8")).toBe("sh\n");
		child.stdin?.end();
		expect(await ended).toMatchObject({ stdout: `${child.pid} ${process.pid} s3cret\n` });
	});

	it("is what the map says, and an option beats the map", () => {
		const folder = folderWith("run: { mode: exec }\nsecrets: {}\n");
		const parentOf = (...options: string[]) =>
			launchSync([...options, "--", "sh", "-c", "ps -o args= -p $PPID"], { cwd: folder }).stdout;
		expect(parentOf()).not.toContain("dsta");
		expect(parentOf("--spawn")).toContain(LAUNCHER.at(-1));
		expect(launchSync(["--exec", "--spawn", "--", "true"], { cwd: folder }).status).toBe(64);
	});

	it.each([0, 42, 255])("ends with the command's status: %i", async (status) => {
		expect(await exec("sh", "-c", `exit ${status}`).ended).toMatchObject({ status, signal: null });
	});

	it.each(["SIGTERM", "SIGINT", "SIGKILL"] as const)("ends by the command's signal: %s", async (signal) => {
		const { child, ended, said } = exec("sh", "-c", "echo ready; exec sleep 1000");
		await said("ready");
		child.kill(signal);
		expect(await ended).toMatchObject({ status: null, signal });
	});

	it("gives the command default signals, an empty mask, and the settings of its core files", () => {
		const look = "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status; cat /proc/self/coredump_filter";
		const { stdout } = launchSync(["--exec", "--", "sh", "-c", look], {
			cwd: FOLDER,
			env: { PATH: process.env.PATH, ...ENV },
		});
		expect(stdout).toBe(spawnSync("env", ["sh", "-c", look], { encoding: "utf8" }).stdout);
		expect(stdout).toMatch(/^SigIgn:\s+0+$/m);
	});

	it("lets a writer die of a broken pipe", () => {
		const line = `${LAUNCHER.map((word) => `'${word}'`).join(" ")} --exec -- yes | head -1`;
		const { stderr, stdout } = spawnSync("sh", ["-c", line], {
			cwd: FOLDER,
			env: { ...process.env, ...ENV },
			encoding: "utf8",
		});
		expect({ stderr, stdout }).toEqual({ stderr: "", stdout: "y\n" });
	});

	it("makes the command PID 1 where the launcher was", async () => {
		const words = [
			"-Urpf",
			"--mount-proc",
			...LAUNCHER,
			"--exec",
			"--",
			"sh",
			"-c",
			"echo $$ $(cat /proc/1/comm)",
		];
		const child = spawn("unshare", words, { cwd: FOLDER, env: { PATH: process.env.PATH, ...ENV } });
		expect(await follow(child).ended).toMatchObject({ status: 0, stdout: "1 sh\n" });
	});

	it("refuses sockets of a service manager in the npm package, since Node would close them", () => {
		if (BUILD !== "npm") return;
		const line = `LISTEN_FDS=1 LISTEN_PID=$$ exec ${LAUNCHER.map((word) => `'${word}'`).join(" ")} --exec -- true 3</dev/null`;
		const { status, stderr } = spawnSync("sh", ["-c", line], {
			cwd: FOLDER,
			env: { ...process.env, ...ENV },
			encoding: "utf8",
		});
		expect(status).toBe(69);
		expect(stderr).toMatch(/^dsta-run: error: The sockets of LISTEN_FDS .*\n {2}fix: Use --spawn/);
	});

	it.each([
		["a program for another machine", foreign, "it is in no format that this system executes"],
		[
			"a program whose loader does not exist",
			() => changed("/ld-linux-", "/no-linux-"),
			"the loader or interpreter that it needs does not exist",
		],
		[
			"a script whose interpreter is a folder",
			() => Buffer.from("#!/tmp\n"),
			"its interpreter /tmp cannot be executed",
		],
	])("finds out before that it cannot be executed: %s", async (_what, content, words) => {
		const file = join(FOLDER, "odd");
		writeFileSync(file, content());
		chmodSync(file, 0o755);
		const { signal, status, stderr } = await exec("./odd").ended;
		expect({ signal, status }).toEqual({ signal: null, status: 126 });
		expect(stderr).toContain(words);
		expect(stderr).toMatch(/^dsta-run: error: [^\n]+ \[DSTA_NOT_EXECUTABLE\]\n {2}fix: [^\n]+\n$/);
	});
});

/** A program of this system, as text in which a character is a byte, with a part of it changed. */
function changed(from: string, to: string): Buffer {
	const text = readFileSync("/bin/true", "latin1");
	expect(text).toContain(from);
	return Buffer.from(text.replace(from, to), "latin1");
}

/** A program of this system that says that it is for SPARC. */
function foreign(): Buffer {
	const file = readFileSync("/bin/true");
	file.writeUInt16LE(2, 18);
	return file;
}

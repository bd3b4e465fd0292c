import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BUILD, folderWith, LAUNCHER, launchSync, PYTHON, RUNTIME, RUNTIME_ENV } from "./launch.ts";

const DRIVER = new URL("programs/service.ts", import.meta.url).pathname;

/** A service manager: listens, starts its arguments, and tells what it heard from whom until they ended. */
const MANAGER = `
import array, json, os, socket, struct, subprocess, sys, threading
address = sys.argv[1]
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
manager.bind("\\0" + address[1:] if address[0] == "@" else address)
heard = []
def listen():
    while True:
        text, ancillary, _, _ = manager.recvmsg(4096, 1024)
        if text == b"end": return
        descriptors = array.array("i")
        for _, kind, data in ancillary:
            if kind == socket.SCM_CREDENTIALS: sender = struct.unpack("3i", data)[0]
            else: descriptors.frombytes(data)
        files = [os.read(each, 100).decode() for each in descriptors if b"FDSTORE" in text]
        for each in descriptors: os.close(each)
        heard.append({"text": text.decode(), "byLauncher": sender == launcher.pid, "files": files})
launcher = subprocess.Popen(sys.argv[2:], env={**os.environ, "NOTIFY_SOCKET": address}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
listener = threading.Thread(target=listen)
listener.start()
stdout, stderr = launcher.communicate()
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"end", manager.getsockname())
listener.join()
print(json.dumps({"status": launcher.returncode, "stdout": stdout, "stderr": stderr, "heard": heard}))
`;

/** A service manager that has no room from the start: `late` reads when the command has said `done`, `never` ends the command then. */
const BUSY_MANAGER = `
import json, os, socket, subprocess, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[2])
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sender.setblocking(False)
try:
    while True: sender.sendto(b"fill", sys.argv[2])
except BlockingIOError: pass
launcher = subprocess.Popen(sys.argv[3:], env={**os.environ, "NOTIFY_SOCKET": sys.argv[2]}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
while launcher.stdout.readline() != "done\\n": pass
heard = []
if sys.argv[1] == "never": launcher.terminate()
else:
    while not (heard and heard[-1].startswith("STOPPING=1")): heard.append(manager.recv(4096).decode())
stdout, stderr = launcher.communicate()
print(json.dumps({"status": launcher.returncode, "stderr": stderr, "heard": [text for text in heard if text != "fill"]}))
`;

/** What a command begins with that notifies by itself. */
const TELL = `
import os, socket, sys
address = os.environ["NOTIFY_SOCKET"]
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.connect("\\0" + address[1:] if address[0] == "@" else address)
def tell(text, *descriptors): socket.send_fds(manager, [text.encode()], descriptors)
`;

interface Run {
	readonly status: number;
	readonly stdout: string;
	readonly stderr: string;
	readonly heard: readonly {
		readonly text: string;
		readonly byLauncher: boolean;
		readonly files: string[];
	}[];
}

interface Circumstances {
	readonly notify: "true" | "command" | "false";
	readonly options?: readonly string[];
	readonly address?: string;
}

const path = (name: string) => join(mkdtempSync(join(tmpdir(), "dsta-run-notify-")), name);
const python = (program: string) => [PYTHON, "-c", `${TELL}${program}`];

function runUnderManager(
	{ address = path("notify"), notify, options = [] }: Circumstances,
	command: readonly string[],
): Run {
	const cwd = folderWith(`run: { notify: ${notify} }\nsecrets:\n  app/secret_key: SECRET_KEY\n`);
	const args = [address, ...LAUNCHER, ...options, "--", ...command];
	const { stderr, stdout } = spawnSync(PYTHON, ["-c", MANAGER, ...args], {
		cwd,
		env: { PATH: process.env.PATH, HOME: cwd, SECRET_KEY: "s3ntinel" },
		encoding: "utf8",
	});
	expect(stderr).toBe("");
	expect(stdout).not.toContain("s3ntinel");
	return JSON.parse(stdout);
}

const textsOf = ({ heard }: Run) => heard.map(({ text }) => text);

const RESOLVING = "STATUS=resolving the secrets of secrets.map.yaml";
const RUNNING = "STATUS=running";
const ended = (status: number) => `STOPPING=1\nSTATUS=the command ended with status ${status}`;

describe.each(BUILD === "npm" ? [] : ["a service manager"])("%s hears", () => {
	it.each([path("notify"), `@dsta-run-test-${process.pid}`])("how the run goes, at %s", (address) => {
		const run = runUnderManager({ notify: "true", address }, ["sh", "-c", "exit 7"]);
		expect(run).toMatchObject({ status: 7, stdout: "", stderr: "" });
		expect(textsOf(run)).toEqual([RESOLVING, `READY=1\n${RUNNING}`, ended(7)]);
		expect(run.heard.every(({ byLauncher }) => byLauncher)).toBe(true);
	});

	it("that a signal ended the command", () => {
		const run = runUnderManager({ notify: "true" }, ["sh", "-c", "kill -TERM $$"]);
		expect(run.status).toBe(-15);
		expect(textsOf(run).at(-1)).toBe("STOPPING=1\nSTATUS=the command died of signal 15");
	});

	it("that the command never started", () => {
		const run = runUnderManager({ notify: "true", options: ["--backend", "vault"] }, ["true"]);
		expect(run.status).toBe(78);
		expect(textsOf(run)).toEqual([RESOLVING, "STATUS=ended before its command with status 78"]);
	});

	it("when the command is replaced, on the clock of the system, and nothing of its end then", () => {
		const address = path("notify");
		const manner = { notify: true, reloadSignal: constants.signals.SIGHUP, probationMs: 1 };
		const program = String.raw`
import signal, time
print(time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000, flush=True)
signal.signal(signal.SIGTERM, lambda *_: [tell("STOPPING=1\nSTATUS=stopping"), sys.exit(0)])
if os.path.exists(sys.argv[1]): sys.exit(3)
open(sys.argv[1], "w")
os.kill(os.getppid(), signal.SIGHUP)
while True: signal.pause()
`;
		const [file, ...args] = [...python(program), path("mark")];
		const words = [RUNTIME, DRIVER, ...[manner, { file, args, env: {} }].map((word) => JSON.stringify(word))];
		const { stdout } = spawnSync(PYTHON, ["-c", MANAGER, address, ...words], {
			env: RUNTIME_ENV,
			encoding: "utf8",
		});
		const run = JSON.parse(stdout) as Run;
		const [before, after] = run.stdout.match(/^\d+$/gm) as [string, string];
		const [, reloading = ""] = textsOf(run);
		const [, time] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)\nSTATUS=reloading$/.exec(reloading) ?? [];
		expect([before, time, after].map(Number)).toEqual([before, time, after].map(Number).sort());
		expect(textsOf(run)).toEqual([
			`READY=1\n${RUNNING}`,
			reloading,
			"STATUS=stopping",
			`READY=1\n${RUNNING}`,
			ended(3),
		]);
	});

	it("of no readiness where there is no such command", () => {
		const run = runUnderManager({ notify: "true" }, ["no-such-tool"]);
		expect(run.status).toBe(127);
		expect(textsOf(run)).toEqual([RESOLVING]);
	});

	it("what the command says itself, from the process that it listens to", () => {
		const program = String.raw`
tell("READY=1\nSTATUS=serving\nX_OWN=é")
read, write = os.pipe()
os.write(write, b"kept")
tell("FDSTORE=1\nFDNAME=pipe", read)
tell(f"MAINPID={os.getpid()}")
tell(f"STATUS=more\nMAINPID={os.getpid()}\nERRNO=0")
`;
		const run = runUnderManager({ notify: "command" }, python(program));
		expect(run).toMatchObject({ status: 0, stderr: "" });
		const [, , , fileStore] = run.heard;
		expect(fileStore?.files).toEqual(["kept"]);
		expect(textsOf(run)).toEqual([
			RESOLVING,
			RUNNING,
			"READY=1\nSTATUS=serving\nX_OWN=é",
			"FDSTORE=1\nFDNAME=pipe",
			"STATUS=more\nERRNO=0",
			ended(0),
		]);
		expect(run.heard.every(({ byLauncher }) => byLauncher)).toBe(true);
	});

	it("all that the command says, in its order, however much it is", () => {
		const count = 3000;
		const run = runUnderManager({ notify: "command" }, python(`for n in range(${count}): tell(f"X_N={n}")`));
		const said = textsOf(run).filter((text) => text.startsWith("X_N="));
		expect(said).toEqual(Array.from({ length: count }, (_, n) => `X_N=${n}`));
	});

	it("a barrier, which holds the command until what it said was taken", () => {
		const program = `
read, write = os.pipe()
tell("STATUS=before")
tell("BARRIER=1", write)
os.close(write)
assert os.read(read, 1) == b""
print("passed")
`;
		const run = runUnderManager({ notify: "command" }, python(program));
		expect(run).toMatchObject({ status: 0, stdout: "passed\n" });
		expect(textsOf(run)).toEqual([RESOLVING, RUNNING, "STATUS=before", "BARRIER=1", ended(0)]);
	});

	it("not what others say to the command's address, of which there is one warning", () => {
		const program = 'if os.fork() == 0: tell("READY=1"); tell("STATUS=x"); os._exit(0)\nos.wait()';
		const run = runUnderManager({ notify: "command" }, python(program));
		expect(textsOf(run)).toEqual([RESOLVING, RUNNING, ended(0)]);
		expect(run.stderr).toMatch(
			/^dsta-run: warn: the service manager was not told something: the process \d+ is not the command\n$/,
		);
	});

	it("nothing of a command that the rules of its environment keep its address away from", () => {
		const command = ["sh", "-c", "printenv NOTIFY_SOCKET || echo none"];
		const pristine = (...options: string[]) =>
			runUnderManager({ notify: "command", options: ["--pristine", ...options] }, command).stdout;
		expect([pristine(), pristine("--pass", "NOTIFY_SOCKET")]).toEqual([
			"none\n",
			expect.stringMatching(/^@/),
		]);
	});

	it("nothing where its address is wrong, of which there is one warning", () => {
		const cwd = folderWith("run: { notify: true }\nsecrets: {}\n");
		const env = { PATH: process.env.PATH, NOTIFY_SOCKET: join(cwd, "none") };
		const { status, stderr } = launchSync(["--", "sh", "-c", "exit 7"], { cwd, env });
		expect(status).toBe(7);
		expect(stderr).toBe(
			`dsta-run: warn: the service manager was not told something: ${cwd}/none cannot be written to: ENOENT\n`,
		);
	});

	const runUnderBusyManager = (reads: "late" | "never", command: readonly string[]) => {
		const address = path("notify");
		const cwd = folderWith("run: { notify: command }\nsecrets: {}\n");
		const args = [reads, address, ...LAUNCHER, "--", ...command];
		const { stdout } = spawnSync(PYTHON, ["-c", BUSY_MANAGER, ...args], { cwd, encoding: "utf8" });
		return { address, ...(JSON.parse(stdout) as Omit<Run, "heard"> & { readonly heard: readonly string[] }) };
	};

	it("all in its order when it has had no room for a while", () => {
		const program = 'for n in range(4): tell(f"X_N={n}")\nprint("done", flush=True)\nsys.exit(7)';
		const { heard, status, stderr } = runUnderBusyManager("late", python(program));
		expect({ status, stderr }).toEqual({ status: 7, stderr: "" });
		const said = [0, 1, 2, 3].map((n) => `X_N=${n}`);
		expect(heard).toEqual([RESOLVING, RUNNING, ...said, ended(7)]);
	});

	it("nothing where it never has room, which keeps back neither a signal nor the end", () => {
		const command = ["sh", "-c", "trap 'exit 7' TERM; echo done; while :; do sleep 0.01; done"];
		const { address, status, stderr } = runUnderBusyManager("never", command);
		expect({ status, stderr }).toEqual({
			status: 7,
			stderr: `dsta-run: warn: the service manager was not told something: ${address} has no room\n`,
		});
	});

	it("in exec mode that the command takes over, and then the command itself", () => {
		const options = ["--exec"];
		const run = runUnderManager({ notify: "true", options }, python('tell("STATUS=own")\nsys.exit(7)'));
		expect(run.status).toBe(7);
		expect(textsOf(run)).toEqual([RESOLVING, `READY=1\n${RUNNING}`, "STATUS=own"]);
	});
});

describe("a service manager", () => {
	it.each(["spawn", "exec"])("is the command's alone where the map does not speak of it: --%s", (mode) => {
		const options = [`--${mode}`];
		const run = runUnderManager({ notify: "false", options }, python('tell("READY=1")\nprint(address)'));
		expect(textsOf(run)).toEqual(["READY=1"]);
		expect(run.heard[0]?.byLauncher).toBe(mode === "exec");
	});

	it("hears a command in exec mode that says all itself", () => {
		const run = runUnderManager({ notify: "command", options: ["--exec"] }, python('tell("READY=1")'));
		expect(textsOf(run)).toEqual(["READY=1"]);
		expect(run.heard[0]?.byLauncher).toBe(true);
	});

	if (BUILD === "npm")
		it("cannot be told anything by Node, which is refused", () => {
			const run = runUnderManager({ notify: "true" }, ["true"]);
			expect(run).toMatchObject({ status: 69, heard: [] });
			expect(run.stderr).toContain("run.notify cannot be done by this build: Node has no way to write to");
			expect(run.stderr).toContain("fix: Use the standalone executable");
			const cwd = folderWith("run: { notify: true }\nsecrets: { a/b: { env: B, backend: vault } }\n");
			const env = { PATH: process.env.PATH, NOTIFY_SOCKET: path("none") };
			for (const args of [["check"], ["explain"], ["--", "true"]])
				expect(launchSync(args, { cwd, env })).toMatchObject({ status: 69, stderr: run.stderr });
		});

	it("need not be there", () => {
		const cwd = folderWith("run: { notify: true }\nsecrets: {}\n");
		const env = { PATH: process.env.PATH };
		const { status, stderr, stdout } = launchSync(["--", "sh", "-c", "echo $NOTIFY_SOCKET"], { cwd, env });
		expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "\n", stderr: "" });
	});
});

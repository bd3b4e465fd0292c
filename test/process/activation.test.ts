import { spawn, spawnSync } from "node:child_process";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { BUILD, folderWith, LAUNCHER, launchSync, PYTHON } from "./launch.ts";

const EMPTY = folderWith("{}\n");

/** Starts its arguments as a service manager does: with listening sockets from descriptor 3 on. */
const ACTIVATE = `
import os, socket, sys
count = int(sys.argv[1])
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
high = [os.dup2(each.fileno(), 100 + index) for index, each in enumerate(sockets)]
for index, fd in enumerate(high): os.dup2(fd, 3 + index, inheritable=True)
for fd in high: os.close(fd)
os.environ.update(LISTEN_FDS=str(count), LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="web:admin", LISTEN_PIDFDID="7")
os.execv(sys.argv[2], sys.argv[2:])
`;

/** Serves one connection on the last socket that it inherits, if the sockets are for it, and tells its port. */
const SERVE = `
import os, socket
assert os.environ["LISTEN_PID"] == str(os.getpid()), "LISTEN_PID"
assert "LISTEN_PIDFDID" not in os.environ, "LISTEN_PIDFDID"
assert os.environ["LISTEN_FDNAMES"] == "web:admin", "LISTEN_FDNAMES"
server = socket.socket(fileno=2 + int(os.environ["LISTEN_FDS"]))
print(server.getsockname()[1], flush=True)
server.accept()[0].sendall(b"served")
`;

const activated = (count: number, ...command: string[]) => [
	"-c",
	ACTIVATE,
	String(count),
	...LAUNCHER,
	"--",
	...command,
];

/** What a command finds in its environment, without the pid that differs from run to run. */
function environmentUnder(env: NodeJS.ProcessEnv, ...command: string[]): readonly string[] {
	const { stderr, stdout } = spawnSync(PYTHON, command, { cwd: EMPTY, env, encoding: "utf8" });
	expect(stderr).toBe("");
	return stdout
		.split("\0")
		.filter((variable) => variable !== "" && !variable.startsWith("LISTEN_PID"))
		.sort();
}

describe("the sockets of a service manager", () => {
	it.each([1, 2, 9])("reach the command, with its own pid in LISTEN_PID: %i", async (count) => {
		const child = spawn(PYTHON, activated(count, PYTHON, "-c", SERVE), {
			cwd: EMPTY,
			env: { PATH: process.env.PATH },
			stdio: ["ignore", "pipe", "inherit"],
		});
		const ended = new Promise((resolve) => child.once("close", (status) => resolve(status)));
		const port = await new Promise<number>((resolve) =>
			child.stdout?.once("data", (text) => resolve(Number(text))),
		);
		const served = await new Promise((resolve) => connect(port, "127.0.0.1").once("data", resolve));
		expect(String(served)).toBe("served");
		expect(await ended).toBe(0);
	});

	it.each([
		["", {}],
		["with what shells set", { PWD: EMPTY, OLDPWD: "/", SHLVL: "7", _: "x" }],
		[
			"with names that sh drops",
			{ "a.b": "1", "x-y": "", "BASH_FUNC_f%%": "() {  echo hi; }", __proto__x: "=" },
		],
		["with a newline and quotes", { TEXT: "one\ntwo '\"$HOME`\\", NOTIFY_SOCKET: "/run/notify" }],
	])("leave the environment as it is %s", (_, variables) => {
		const env = { PATH: "/usr/bin:/bin", ...variables };
		const plain = ["-c", ACTIVATE, "1", "/bin/cat", "/proc/self/environ"];
		expect(environmentUnder(env, ...activated(1, "cat", "/proc/self/environ"))).toEqual(
			environmentUnder(env, ...plain),
		);
	});

	it("leave status and signals to the command", () => {
		const run = (...command: string[]) =>
			spawnSync(PYTHON, activated(1, ...command), { cwd: EMPTY, env: { PATH: process.env.PATH } });
		expect(run("sh", "-c", "exit 7")).toMatchObject({ status: 7 });
		expect(run("sh", "-c", "kill -TERM $$")).toMatchObject({ status: null, signal: "SIGTERM" });
		expect(run("no-such-tool")).toMatchObject({ status: 127 });
		expect(run("/etc/passwd")).toMatchObject({ status: 126 });
	});

	it("are not handed over to a command whose name env would take for a variable", () => {
		const { status, stderr } = spawnSync(PYTHON, activated(1, "A=B", "true"), {
			cwd: EMPTY,
			env: { PATH: process.env.PATH },
			encoding: "utf8",
		});
		expect(status).toBe(69);
		expect(stderr).toContain("its name holds a = [DSTA_UNSUPPORTED]");
	});

	it("that are meant for another process change nothing", () => {
		const { stdout } = launchSync(
			["--", "sh", "-c", "echo $LISTEN_PID $LISTEN_FDS; [ -e /proc/self/fd/3 ] || echo closed"],
			{
				cwd: EMPTY,
				env: { PATH: process.env.PATH, LISTEN_PID: "1", LISTEN_FDS: "1" },
				encoding: "utf8",
				stdio: ["pipe", "pipe", "pipe", 0],
			},
		);
		// The standalone executable passes on what it inherits.
		expect(stdout).toBe(BUILD === "npm" ? "1 1\nclosed\n" : "1 1\n");
	});
});

describe("the watchdog of a service manager", () => {
	const show = "printenv WATCHDOG_PID || echo unset; echo $WATCHDOG_USEC; echo $$";
	const run = (own: string, mode: string) => {
		const script = `WATCHDOG_USEC=5 WATCHDOG_PID=${own} exec "$@"`;
		const args = ["-c", script, "sh", ...LAUNCHER, mode, "--", "sh", "-c", show];
		return spawnSync("sh", args, { cwd: EMPTY, encoding: "utf8" }).stdout.split("\n");
	};

	it("that is meant for the launcher is meant for the command", () => {
		expect(run("$$", "--spawn").slice(0, 2)).toEqual(["unset", "5"]);
		const [watched, , pid] = run("$$", "--exec");
		expect(watched).toBe(pid);
	});

	it("that is meant for another process changes nothing", () => {
		for (const mode of ["--spawn", "--exec"]) expect(run("1", mode)[0]).toBe("1");
	});
});

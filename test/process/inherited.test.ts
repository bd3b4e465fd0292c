import { spawn, spawnSync } from "node:child_process";
import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { BUILD, folderWith, follow, LAUNCHER, PYTHON } from "./launch.ts";

const EMPTY = folderWith("{}\n");
const LAUNCH = [...LAUNCHER, "--"];

/** Becomes its arguments, with ignored and blocked signals, and with descriptors beside the standard streams. */
const PREPARE = `
import fcntl, json, os, signal, sys
given = json.loads(sys.argv[1])
for name in ("SIGPIPE", "SIGXFSZ"): signal.signal(getattr(signal, name), signal.SIG_DFL)
for number in given.get("ignored", []): signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_SETMASK, given.get("blocked", []))
if "descriptors" in given:
	os.closerange(3, 1024)
	def create(number): return fcntl.fcntl(os.memfd_create("inherited-%d" % number), fcntl.F_DUPFD_CLOEXEC, 300)
	for number, file in [(number, create(number)) for number in given["descriptors"]]: os.dup2(file, number)
os.execvp(sys.argv[2], sys.argv[2:])
`;

/** Prints its own descriptors with what they are, but for the pipes that every start has anew. */
const LIST = `
import os
for name in sorted(os.listdir("/proc/self/fd"), key=int):
	try: target = os.readlink("/proc/self/fd/" + name)
	except FileNotFoundError: continue
	if not target.startswith(("pipe:", "socket:")): print(name, target)
`;

interface Prepared {
	readonly ignored?: readonly number[];
	readonly blocked?: readonly number[];
	readonly descriptors?: readonly number[];
}

const prepared = (given: Prepared, command: readonly string[]) => [
	"-c",
	PREPARE,
	JSON.stringify(given),
	...command,
];

function run(given: Prepared, command: readonly string[]) {
	const { signal, status, stderr, stdout } = spawnSync(PYTHON, prepared(given, command), {
		cwd: EMPTY,
		encoding: "utf8",
	});
	return { signal, status, stderr, stdout };
}

const { SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 } = constants.signals;
const REAL_TIME = 40;

describe("a parent that ignores or blocks SIGCHLD", () => {
	it.each<[string, Prepared]>([
		["ignores", { ignored: [SIGCHLD] }],
		["blocks", { blocked: [SIGCHLD] }],
		["does both", { ignored: [SIGCHLD], blocked: [SIGCHLD] }],
	])("leaves the command its status: %s", (_, given) => {
		expect(run(given, [...LAUNCH, "sh", "-c", "exit 7"])).toMatchObject({ status: 7, stderr: "" });
		expect(run(given, [...LAUNCH, "sh", "-c", "kill -TERM $$"])).toMatchObject({ signal: "SIGTERM" });
	});
});

if (BUILD === "standalone") {
	describe("under the standalone executable a command inherits", () => {
		it.each<[string, Prepared]>([
			["no ignored and no blocked signals", {}],
			["ignored signals", { ignored: [SIGHUP, SIGINT, SIGQUIT, SIGUSR2, REAL_TIME] }],
			["blocked signals", { blocked: [SIGTERM, SIGUSR1, SIGCHLD, REAL_TIME] }],
			["both", { ignored: [SIGTERM, SIGALRM], blocked: [SIGTERM, SIGHUP, REAL_TIME] }],
		])("%s", (_, given) => {
			const show = ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"];
			const plain = run(given, ["env", ...show]);
			expect(plain).toMatchObject({ status: 0, stderr: "" });
			expect(run(given, [...LAUNCH, ...show])).toEqual(plain);
		});

		it.each<[string, readonly number[]]>([
			["none", []],
			["the first ones", [3, 4, 5]],
			["as of a lock, and of <(…)", [9, 63]],
			["many, with gaps", [3, 5, 6, 7, 8, 10, 11, 12, 20, 200, 999]],
		])("descriptors: %s", (_, descriptors) => {
			const show = [PYTHON, "-c", LIST];
			const plain = run({ descriptors }, ["env", ...show]);
			expect(plain.stdout.split("memfd:")).toHaveLength(descriptors.length + 1);
			expect(run({ descriptors }, [...LAUNCH, ...show])).toEqual(plain);
		});

		it("no descriptor of ours under NODE_DEBUG", () => {
			const show = (...words: string[]) => {
				const { stdout } = spawnSync("env", ["NODE_DEBUG=*", ...words, "ls", "/proc/self/fd"], {
					cwd: EMPTY,
				});
				return stdout.toString();
			};
			expect(show(...LAUNCH)).toBe(show());
		});

		it("the substitution of a process", () => {
			const script = `"$0" "$@" <(echo of another process)`;
			const { stderr, stdout } = spawnSync("bash", ["-c", script, ...LAUNCH, "cat"], {
				cwd: EMPTY,
				encoding: "utf8",
			});
			expect({ stderr, stdout }).toEqual({ stderr: "", stdout: "of another process\n" });
		});
	});

	it("where memory may not be written and then executed, one line says so", () => {
		const deny = "import ctypes, os, sys; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) and sys.exit(); ";
		const script = `${deny}os.execv(sys.argv[1], sys.argv[1:])`;
		const options = { cwd: EMPTY, encoding: "utf8" } as const;
		const { status, stderr } = spawnSync(PYTHON, ["-c", script, ...LAUNCH, "true"], options);
		// A kernel older than 6.3 cannot be asked for it by a process itself.
		expect([0, 69]).toContain(status);
		if (status === 69) expect(stderr).toContain("MemoryDenyWriteExecute=no");
	});

	describe("a signal that was ignored when the standalone executable was started", () => {
		it.each(["SIGHUP", "SIGTERM"] as const)(
			"neither ends it nor the command, and reaches one that listens: %s",
			async (signal) => {
				const listen = `import os, signal
signal.signal(signal.${signal}, lambda *_: (os.write(1, b"got it\\n"), os._exit(3)))
os.write(1, b"ready\\n")
while True: signal.pause()`;
				const ignored = [constants.signals[signal]];
				const start = (...command: string[]) => {
					const child = spawn(PYTHON, prepared({ ignored }, [...LAUNCH, ...command]), {
						cwd: EMPTY,
						detached: true,
					});
					return { child, ...follow(child) };
				};
				const listening = start(PYTHON, "-c", listen);
				await listening.said("ready");
				listening.child.kill(signal);
				expect(await listening.ended).toMatchObject({ status: 3, stdout: "ready\ngot it\n" });

				const ignoring = start("sh", "-c", "echo ready; read line; exit 4");
				await ignoring.said("ready");
				ignoring.child.kill(signal);
				ignoring.child.stdin?.end();
				expect(await ignoring.ended).toMatchObject({ status: 4, signal: null, stderr: "" });
			},
		);
	});
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { constants } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Readiness } from "../../src/launch/service/ready.ts";
import { BUILD, follow, type Launch, PYTHON, RUNTIME, RUNTIME_ENV } from "./launch.ts";
import type { Request, TestCommand, TestManner } from "./programs/service.ts";

const DRIVER = new URL("programs/service.ts", import.meta.url).pathname;
const PLACE = mkdtempSync("/dev/shm/dsta-run-test-");
afterAll(() => rmSync(PLACE, { recursive: true }));

/**
 * A command that says which signals it gets and obeys them: TERM ends it with STATUS, or as many as TERMS says, and USR2 with 3.
 * FIRST is done before it says that it is ready.
 */
const LISTENER = `
import os, signal, socket, sys, threading
name, terms = os.environ["NAME"], int(os.environ.get("TERMS", "1"))
heard = {signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2}
signal.pthread_sigmask(signal.SIG_BLOCK, heard)
def tell(text):
    address = os.environ["NOTIFY_SOCKET"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager: manager.sendto(text.encode(), "\\0" + address[1:] if address[0] == "@" else address)
exec(os.environ.get("FIRST", ""))
print(name, "below", os.getppid(), flush=True)
while True:
    got = signal.sigwait(heard)
    print(name, "got", signal.Signals(got).name, flush=True)
    if got == signal.SIGUSR2: sys.exit(3)
    if got == signal.SIGTERM: terms -= 1
    if terms == 0: sys.exit(int(os.environ.get("STATUS", "0")))
`;

const listener = (NAME: string, env: Readonly<Record<string, string>> = {}): TestCommand => ({
	file: PYTHON,
	args: ["-c", LISTENER],
	env: { NAME, ...env },
});

interface Driver extends Launch {
	/** What it is and its command says stands in its standard output. */
	ask(request: Request): void;
	kill(signal: NodeJS.Signals): void;
}

/** Starts the launcher of the build under test, with a command to be replaced. */
function drive(manner: TestManner, command: TestCommand, env: NodeJS.ProcessEnv = {}): Driver {
	const words = [DRIVER, JSON.stringify(manner), JSON.stringify(command)];
	const child = spawn(RUNTIME, words, {
		detached: true,
		env: { ...RUNTIME_ENV, XDG_RUNTIME_DIR: PLACE, ...env },
	});
	return {
		child,
		...follow(child),
		ask: (request) => child.stdin.write(`${JSON.stringify(request)}\n`),
		kill: (signal) => child.kill(signal),
	};
}

const replaceBy = (command: TestCommand, times = 1): Request => ({ do: "replace", command, times });

let files = 0;
/** A path where nothing is yet. */
const newPath = () => `${PLACE}/${files++}`;

/** What makes a command ready for those that ask for a file. */
const readyWith = (path: string) => ({ FIRST: `open("${path}", "w")` });

const { SIGINT, SIGTERM, SIGUSR2 } = constants.signals;

describe("a command that is replaced", () => {
	it("ends before the next one starts, below the same launcher, whose end is that of the last", async () => {
		const { ask, child, ended, kill, said } = drive({ probationMs: 1 }, listener("one", { STATUS: "4" }));
		await said("one below");
		ask(replaceBy(listener("two", { STATUS: "5" })));
		await said("[running]");
		await said("two below");
		kill("SIGTERM");
		const { stdout, ...end } = await ended;
		expect(end).toEqual({ signal: null, status: 5, stderr: "" });
		const lines = `[started start]
one below ${child.pid}
one got SIGTERM
[stopped]
[started replacement]
two below ${child.pid}
two got SIGTERM
`;
		expect(stdout.replace("[running]\n", "")).toBe(lines);
	});

	it("is stopped as is asked, whatever is done to signals that are forwarded, and killed after a time", async () => {
		const manner = { stopSignal: SIGINT, stopTimeoutMs: 100, killAfterMs: 1, probationMs: 1 };
		const { ask, ended, said } = drive({ ...manner, rewriting: [[SIGINT, SIGTERM]] }, listener("one"));
		await said("one below");
		ask(replaceBy(listener("two")));
		await said("[running]");
		await said("two below");
		ask({ do: "signal", signal: SIGUSR2 });
		const { status, stdout } = await ended;
		expect(status).toBe(3);
		expect(stdout).toContain(
			"one got SIGINT\n[warn the command goes on 0.1 s after it was stopped: killing it (run.stop_timeout)]\n[stopped killed]\n[started replacement]\n",
		);
	});

	it("finds its files rewritten, but not those in memory", async () => {
		const show = 'cat "$SECRET"; [ "$MEMORY_SECRET" ] && cat "$MEMORY_SECRET"; echo';
		const script = `trap '${show}; exit 3' USR1; ${show}; while :; do sleep 0.01; done`;
		const command = { file: "sh", args: ["-c", script], env: {} };
		const { ask, ended, said } = drive({}, { ...command, texts: { SECRET: "old", MEMORY_SECRET: "-er" } });
		await said("old");
		ask({ do: "rewrite", texts: { SECRET: "new", MEMORY_SECRET: "-est" } });
		ask({ do: "signal", signal: constants.signals.SIGUSR1 });
		const { status, stdout } = await ended;
		expect(status).toBe(3);
		const isNode = BUILD === "npm";
		expect(stdout).toContain(isNode ? "[rewritten, but nothing]" : "[rewritten, but MEMORY_SECRET]");
		expect(stdout).toMatch(isNode ? /new\n$/ : /new-er\n$/);
	});

	it("leaves nothing behind: no zombie, no descriptor, no listener, no file, no memory", async () => {
		const command = { file: "sleep", args: ["1000"], env: {}, texts: { SECRET: "x", MEMORY_SECRET: "y" } };
		const ready = { exec: ["true"] as const };
		const { ask, ended, said } = drive({ probationMs: 1, ready }, command);
		await said("[started start]");
		ask(replaceBy(command, 5));
		ask({ do: "count" });
		ask(replaceBy(command, 50));
		ask({ do: "count" });
		ask({ do: "stop" });
		const { stdout } = await ended;
		const [before, after] = stdout.match(/\[descriptors.*\]/g) ?? [];
		expect(stdout.split("[running]")).toHaveLength(56);
		expect(after).toBe(before);
		const [held = 0, later] = [...stdout.matchAll(/\[controllers: (\d+)\]/g)].map(([, count]) =>
			Number(count),
		);
		expect(later).toBeLessThan(held + 25);
		expect(readdirSync(PLACE)).toEqual([]);
	});
});

/** Does something at its second start. */
const AGAIN = (what: string, path = newPath()) => `
if os.path.exists("${path}"): ${what}
open("${path}", "w")`;
const SHOW =
	'print([open(os.environ[name]).read() for name in ("SECRET", "MEMORY_SECRET") if name in os.environ], flush=True)';

describe("a new command that fails", () => {
	const texts = BUILD === "standalone" ? { SECRET: "old", MEMORY_SECRET: "older" } : { SECRET: "old" };
	const old = () => ({ ...listener("one", { FIRST: `${SHOW}${AGAIN('name = "one again"')}` }), texts });
	const shown = `[${Object.values(texts)
		.map((text) => `'${text}'`)
		.join(", ")}]`;

	it.each<[what: string, reason: string, command: TestCommand]>([
		["ends", "it ended with status 7 soon after its start", listener("bad", { FIRST: "sys.exit(7)" })],
		[
			"dies",
			"it died of signal 9 soon after its start",
			listener("bad", { FIRST: "os.kill(os.getpid(), signal.SIGKILL)" }),
		],
		[
			"does not start",
			"The command no-such-command was not found: it is in no folder of PATH",
			{ file: "no-such-command", args: [], env: { PATH: "/none" } },
		],
	])(
		"gives its place back to the one before, with its values and files: one that %s",
		async (...[, reason, command]) => {
			const { ask, child, ended, said } = drive({}, old());
			await said("one below");
			ask(replaceBy({ ...command, texts: { SECRET: "new", MEMORY_SECRET: "newer" } }));
			await said(`one again below ${child.pid}\n`);
			await said(`[restored: ${reason}`);
			ask({ do: "stop" });
			const { status, stdout } = await ended;
			expect(status).toBe(0);
			expect(stdout).toContain(`[restored ${reason}`);
			expect(stdout).toContain("[started restored]");
			expect(stdout.split(shown)).toHaveLength(3);
			expect(stdout).not.toContain("new");
		},
	);

	it("is the end of the run where it ends with status 0", async () => {
		const { ask, ended, said } = drive({}, listener("one", { STATUS: "4" }));
		await said("one below");
		ask(replaceBy(listener("two", { FIRST: "sys.exit(0)" })));
		expect(await ended).toMatchObject({ status: 0, stdout: expect.not.stringContaining("restored") });
	});

	it("is the end of the run where the one before fails as well", async () => {
		const { ask, ended, said } = drive({}, listener("one", { FIRST: AGAIN("sys.exit(9)") }));
		await said("one below");
		ask(replaceBy(listener("two", { FIRST: "sys.exit(7)" })));
		const { status, stdout } = await ended;
		expect(status).toBe(9);
		expect(stdout).toContain("[started restored]");
	});
});

describe("run.ready", () => {
	let server: Server;
	let port: number;
	beforeAll(async () => {
		server = createServer((_, response) => response.end());
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		port = (server.address() as AddressInfo).port;
	});
	afterAll(() => server.close());

	type Case = [kind: string, ready: () => Readiness, env: Record<string, string>, isReady: boolean];
	const NOTIFY: Case[] = [
		["notify", () => ({ notify: true }), { FIRST: 'tell("READY=1")' }, true],
		["notify, not said", () => ({ notify: true }), { FIRST: 'tell("STATUS=no")' }, false],
	];

	it.each<Case>([
		["http", () => ({ http: `http://127.0.0.1:${port}/` }), {}, true],
		["tcp", () => ({ tcp: `127.0.0.1:${port}` }), {}, true],
		["exec", () => ({ exec: ["sh", "-c", 'echo out; [ "$NAME" = two ]'] }), {}, true],
		["exec, never", () => ({ exec: ["sh", "-c", '[ "$NAME" = one ]'] }), {}, false],
		...(BUILD === "standalone" ? NOTIFY : []),
	])("decides whether the new command stays: %s", async (...[, ready, env, isReady]) => {
		const timeoutMs = isReady ? 20_000 : 300;
		// Of the standalone executable: it takes the status of orphans, and has to leave that of a probe alone.
		const subreaper = BUILD === "standalone";
		const manner = { watch: 1, ready: { ...ready(), timeoutMs }, probationMs: 1, subreaper };
		const { ask, ended, said } = drive(manner, listener("one"));
		await said("one below");
		ask(replaceBy(listener("two", env)));
		await said(isReady ? "[running]" : "[restored: it was not ready within 0.3 s (run.ready.");
		ask({ do: "stop" });
		const { stderr, stdout } = await ended;
		expect(stderr).toBe("");
		expect(stdout).not.toMatch(/^out$/m);
	});

	it("leaves no question behind to a command that was restored and has ended", async () => {
		const asking = createTcpServer();
		await new Promise<void>((resolve) => asking.listen(0, "127.0.0.1", resolve));
		const address = `("127.0.0.1", ${(asking.address() as AddressInfo).port})`;
		const probe = `import os, socket
if os.environ["NAME"] == "one": socket.create_connection(${address}).recv(1)
raise SystemExit(1)`;
		const { ask, ended, said } = drive({ ready: { exec: [PYTHON, "-c", probe] } }, listener("one"));
		await said("one below");
		ask(replaceBy(listener("two", { FIRST: "sys.exit(7)" })));
		const [question] = (await once(asking, "connection")) as [Socket];
		const isOver = once(question.resume(), "close");
		ask({ do: "stop" });
		await Promise.all([ended, isOver]);
		asking.close();
	});
});

describe("a signal", () => {
	it.each(["SIGTERM", "SIGINT"] as const)(
		"that ends the run while the command is stopped is forwarded, and nothing is started: %s",
		async (signal) => {
			const { ask, ended, kill, said } = drive({}, listener("one", { TERMS: "2", STATUS: "6" }));
			await said("one below");
			ask(replaceBy(listener("two")));
			await said("one got SIGTERM");
			kill(signal);
			if (signal !== "SIGTERM") {
				await said(`one got ${signal}`);
				kill("SIGTERM");
			}
			const { status, stdout } = await ended;
			expect(status).toBe(6);
			expect(stdout).not.toContain("two");
		},
	);

	it.each(["SIGTERM", "SIGINT"] as const)(
		"that ends the run between two commands is what the launcher dies of: %s",
		async (between) => {
			const env = { DSTA_TEST_BETWEEN: between };
			const { ask, ended, said } = drive({}, listener("one"), env);
			await said("one below");
			ask(replaceBy(listener("two")));
			const { signal, stdout } = await ended;
			expect(signal).toBe(between);
			expect(stdout).not.toContain("[started replacement]");
		},
	);

	it.each(["SIGHUP", "SIGUSR1"] as const)(
		"that does not waits from the stop on until the next command is ready: %s",
		async (between) => {
			const path = newPath();
			const manner = { probationMs: 60_000, ready: { exec: ["test", "-e", path] as const } };
			const { ask, ended, kill, said } = drive(manner, listener("one"), { DSTA_TEST_BETWEEN: between });
			await said("one below");
			ask(replaceBy(listener("two", readyWith(path))));
			await said(`two got ${between}`);
			kill("SIGTERM");
			const { status, stdout } = await ended;
			expect(status).toBe(0);
			expect(stdout).toContain("[over]");
			expect(stdout).not.toContain(`one got ${between}`);
		},
	);

	it("that ends a new command on probation ends the run", async () => {
		const { ask, ended, kill, said } = drive({}, listener("one"));
		await said("one below");
		ask(replaceBy(listener("two", { STATUS: "8" })));
		await said("two below");
		kill("SIGTERM");
		const { status, stdout } = await ended;
		expect(status).toBe(8);
		expect(stdout).not.toContain("restored");
	});

	it("of TERM that was forwarded leaves no place for another command, and a second one is forwarded as well", async () => {
		const { ask, ended, kill, said } = drive({}, listener("one", { TERMS: "2", STATUS: "6" }));
		await said("one below");
		kill("SIGTERM");
		await said("one got SIGTERM");
		ask(replaceBy(listener("two")));
		await said("[over]");
		kill("SIGTERM");
		const { status, stdout } = await ended;
		expect(status).toBe(6);
		expect(stdout).not.toContain("two");
	});

	it.each(["SIGINT", "SIGHUP"] as const)(
		"after which the command goes on does not keep it from being replaced: %s",
		async (signal) => {
			const { ask, ended, kill, said } = drive({ stopTimeoutMs: 300, probationMs: 1 }, listener("one"));
			await said("one below");
			kill(signal);
			await said(`one got ${signal}`);
			ask(replaceBy(listener("two")));
			await said("[running]");
			await said("two below");
			kill("SIGTERM");
			expect((await ended).stdout).toContain("two got SIGTERM");
		},
	);

	it("that is kept for a new reading is not forwarded", async () => {
		const reloadSignal = constants.signals.SIGHUP;
		const command = listener("one", { FIRST: AGAIN('name = "one again"') });
		const { ended, kill, said } = drive({ reloadSignal, probationMs: 1 }, command);
		await said("one below");
		kill("SIGHUP");
		await said("one again below");
		kill("SIGTERM");
		const { stdout } = await ended;
		expect(stdout).toContain("[reload]");
		expect(stdout).not.toContain("SIGHUP");
	});
});

import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { folderWith, follow, LAUNCHER, PYTHON } from "./launch.ts";

const FOLDER = folderWith(`chain: [env]
run: { signals: { TERM: QUIT, HUP: none }, kill_after: 300ms, subreaper: true, on_orphan: USR1 }
secrets:
  tls/server/*: { env: "TLS_*", as: file }
  app/key: { env: APP_KEY, as: fd }
  db/user: DB_USER
templates:
  URL: pg://\${db/user|url}:\${tls/server/key|url}@\${app/key|base64}
`);
const SECRETS = { TLS_KEY: "k%y", APP_KEY: "app key", DB_USER: "u u" };

/** Becomes its arguments with a listening socket from a service manager. */
const ACTIVATE = `
import os, socket, sys
server = socket.create_server(("127.0.0.1", 0))
high = os.dup2(server.fileno(), 100)
os.dup2(high, 3, inheritable=True)
os.close(high)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], sys.argv[1:])`;

/** Shows what it was given, ends by USR1 alone, and says then whether it still has its file. */
const COMMAND = `
import os, signal, socket
def end(*_):
    os.write(1, b"told %r\\n" % os.path.exists(os.environ["TLS_KEY"]))
    os._exit(0)
signal.signal(signal.SIGUSR1, end)
signal.signal(signal.SIGQUIT, signal.SIG_IGN)
for name in ["TLS_KEY", "APP_KEY"]: print(open(os.environ[name]).read())
print(os.environ["URL"])
print(os.environ["LISTEN_PID"] == str(os.getpid()), socket.socket(fileno=3).getsockname()[0])
print(os.environ["TLS_KEY"], "ready", flush=True)
while True: signal.pause()`;
const GIVEN = "k%y\napp key\npg://u%20u:k%25y@YXBwIGtleQ==\nTrue 127.0.0.1\n";

describe("files, templates, sockets and supervision at once", () => {
	const start = (place: string) => {
		const child = spawn(PYTHON, ["-c", ACTIVATE, ...LAUNCHER, "--", PYTHON, "-c", COMMAND], {
			cwd: FOLDER,
			env: { PATH: process.env.PATH, XDG_RUNTIME_DIR: place, ...SECRETS },
			detached: true,
		});
		return { child, ...follow(child) };
	};
	const places: string[] = [];
	const newPlace = () => {
		const place = mkdtempSync("/dev/shm/dsta-run-test-");
		places.push(place);
		return place;
	};

	afterAll(() => {
		for (const place of places) rmSync(place, { recursive: true });
	});

	it("reach the command, and leave nothing of one that is killed because it does not end", async () => {
		const place = newPlace();
		const { child, ended, said } = start(place);
		await said("ready\n");
		child.kill("SIGHUP");
		child.kill("SIGTERM");
		const { signal, stderr, stdout } = await ended;
		expect(stdout.startsWith(GIVEN)).toBe(true);
		expect(stderr).toMatch(/^dsta-run: warn: the command goes on 0\.3 s after a signal to end.*\n$/);
		expect({ signal, left: readdirSync(place) }).toEqual({ signal: "SIGKILL", left: [] });
	});

	it("stay with a command whose launcher is killed, until the next start", async () => {
		const place = newPlace();
		const first = start(place);
		await first.said("ready");
		first.child.kill("SIGKILL");
		expect((await first.ended).stdout).toMatch(/ ready\n(?:told True\n)+$/);
		const [left] = readdirSync(place);
		const next = start(place);
		await next.said("ready");
		expect(readdirSync(place)).not.toContain(left);
		next.child.kill("SIGUSR1");
		await next.ended;
		expect(readdirSync(place)).toEqual([]);
	});
});

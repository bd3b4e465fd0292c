import { spawn, spawnSync } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	statfsSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import {
	BUILD,
	childrenOf,
	folderWith,
	follow,
	isRunning,
	LAUNCHER,
	launch,
	MODE,
	PYTHON,
} from "./launch.ts";

const TMPFS = 0x01021994;
const SENTINEL = "s3ntinel";
const ENTRY = "app/tls/key: { env: KEY_FILE, as: file }";
const BIG = SENTINEL.repeat(40_000);
const BINARY = Buffer.from([0, 255, 128, 10, 0xc3]);

/** A map of entries whose files may stay in exec mode, where there is nobody to remove them. */
const mapOf = (...entries: string[]) =>
	["run: { keep_files: true }", "secrets:", ...entries.map((entry) => `  ${entry}`), ""].join("\n");

const FOLDER = folderWith(mapOf(ENTRY));
writeFileSync(join(FOLDER, ".env"), `APP_TLS_KEY=${SENTINEL}\n`);

const places: string[] = [];

/** A directory of its own for the files of a test, on tmpfs. */
function newPlace(): string {
	const place = mkdtempSync("/dev/shm/dsta-run-test-");
	places.push(place);
	return place;
}

afterEach(() => {
	for (const place of places.splice(0)) rmSync(place, { recursive: true });
});

function run(
	command: readonly string[],
	{ folder = FOLDER, env = {} }: { folder?: string; env?: NodeJS.ProcessEnv },
) {
	return launch(folder, ["--", ...command], env).ended;
}

/** Calls the launcher by a shell, after other commands of the shell. */
const after = (script: string) => ["sh", "-c", `${script}; exec "$0" "$@"`, ...LAUNCHER] as const;

function runSync([file, ...args]: readonly string[], folder: string, env: NodeJS.ProcessEnv = {}) {
	const { signal, status, stderr, stdout } = spawnSync(file as string, args, {
		cwd: folder,
		encoding: "utf8",
		env: { PATH: process.env.PATH, HOME: folder, ...env },
	});
	return { signal, status, stderr, stdout };
}

describe("an entry that is as: file", () => {
	const SHOW = 'stat -c "%a %u" "$KEY_FILE" "$(dirname "$KEY_FILE")"; cat "$KEY_FILE"';

	it("gives the variable the path of a file that holds the value, for this user alone, on tmpfs", async () => {
		const place = newPlace();
		const { status, stderr, stdout } = await run(["sh", "-c", `stat -f -c %t "$KEY_FILE"; ${SHOW}`], {
			env: { XDG_RUNTIME_DIR: place },
		});
		const user = process.geteuid?.();
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		expect(stdout).toBe(`${TMPFS.toString(16)}\n400 ${user}\n700 ${user}\n${SENTINEL}`);
	});

	it.each(["0", "0777"])("has the permissions that the map says, whatever the umask: %s", (umask) => {
		const folder = folderWith(
			mapOf("a/b/key.pem: { env: [KEY_FILE, TWIN], as: file, mode: '0640', default: x }"),
		);
		const show = `umask 022; echo "$KEY_FILE" "$TWIN"; ${SHOW}`;
		const { stderr, stdout } = runSync([...after(`umask ${umask}`), "--", "sh", "-c", show], folder, {
			XDG_RUNTIME_DIR: newPlace(),
		});
		const user = process.geteuid?.();
		expect(stderr).toBe("");
		const [paths, ...rest] = stdout.split("\n");
		expect(rest.join("\n")).toBe(`640 ${user}\n710 ${user}\nx`);
		const [file, twin] = paths?.split(" ") ?? [];
		expect(file).toMatch(/\/dsta-run-[^/]+\/KEY_FILE\.pem$/);
		expect(twin).toBe(file);
	});

	it("holds what no variable could: bytes that are no text, and more of them than the kernel lets in", async () => {
		const folder = folderWith(
			mapOf(
				"app/binary/key: { env: BINARY, as: file, decode: base64 }",
				"app/big/key: { env: BIG, as: file }",
				"app/json/key: { env: JSON_FILE, as: file, type: json }",
			),
		);
		const values = { BINARY: BINARY.toString("base64"), BIG, JSON_FILE: '{"a":1}' };
		writeFileSync(
			join(folder, ".env"),
			Object.entries(values)
				.map(([name, value]) => `APP_${name.replace("_FILE", "")}_KEY='${value}'\n`)
				.join(""),
		);
		const { status, stderr, stdout } = await run(
			["sh", "-c", 'od -An -tx1 "$BINARY"; sha256sum < "$BIG"; cat "$JSON_FILE"'],
			{ folder, env: { XDG_RUNTIME_DIR: newPlace() } },
		);
		const [sum] = spawnSync("sha256sum", { input: BIG, encoding: "utf8" }).stdout.split("\n");
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		expect(stdout).toBe(` 00 ff 80 0a c3\n${sum}\n{"a":1}`);
	});

	it("that is a wildcard gives each field a file of its own", async () => {
		const folder = folderWith(mapOf("app/tls/*: { env: TLS_*, as: file }"));
		writeFileSync(join(folder, ".env"), "APP_TLS_KEY=one\nAPP_TLS_CERT=two\n");
		const { stderr, stdout } = await run(["sh", "-c", 'cat "$TLS_KEY" "$TLS_CERT"'], {
			folder,
			env: { XDG_RUNTIME_DIR: newPlace() },
		});
		expect({ stderr, stdout }).toEqual({ stderr: "", stdout: "onetwo" });
	});

	it("that is optional leaves its variable alone where nobody has the value", async () => {
		const folder = folderWith(
			mapOf("app/tls/key: { env: KEY_FILE, as: file, optional: true, backend: env }"),
		);
		const place = newPlace();
		const { stderr, stdout } = await run(["sh", "-c", `echo "\${KEY_FILE-unset}"; ls ${place}`], {
			folder,
			env: { XDG_RUNTIME_DIR: place },
		});
		expect({ stderr, stdout }).toEqual({ stderr: "", stdout: "unset\n" });
	});

	it("shows its value neither in the environment nor in the arguments of anybody, nor in a temporary file", async () => {
		const script =
			'cat /proc/$$/environ /proc/$$/cmdline /proc/$PPID/environ /proc/$PPID/cmdline | tr "\\0" "\\n"';
		const env = { XDG_RUNTIME_DIR: newPlace(), TMPDIR: mkdtempSync(join(tmpdir(), "dsta-run-test-")) };
		const { stdout } = await run(["sh", "-c", `${script}; find $TMPDIR -type f`], { env });
		expect(stdout).toContain("KEY_FILE=/dev/shm/");
		expect(stdout).not.toContain(`\n${env.TMPDIR}`);
		expect(stdout).not.toContain(SENTINEL);
	});

	it("is refused before anything is written where another entry fails", async () => {
		const folder = folderWith(
			mapOf("app/tls/key: { env: KEY_FILE, as: file, default: x }", "app/other/key: B"),
		);
		const place = newPlace();
		expect(await run(["echo", "started"], { folder, env: { XDG_RUNTIME_DIR: place } })).toMatchObject({
			status: 66,
			stdout: "",
		});
		expect(readdirSync(place)).toEqual([]);
	});
});

describe("the folder for files", () => {
	/** Where it would lie, in a mount namespace after some changes to it. */
	const placeAfter = (script: string, env: NodeJS.ProcessEnv = {}, folder = FOLDER) =>
		runSync(
			["unshare", "-Urm", ...after(script), "--", "sh", "-c", 'dirname "$(dirname "$KEY_FILE")"'],
			folder,
			env,
		);
	const EMPTY_SHM = "mount -t tmpfs -o mode=1777 none /dev/shm";
	const ON_DISK = "mount --bind . /dev/shm; mount --bind . /run";

	it.each<[string, (place: string) => NodeJS.ProcessEnv]>([
		["systemd", (place) => ({ RUNTIME_DIRECTORY: `${place}:/x`, XDG_RUNTIME_DIR: "/dev/shm" })],
		["the session", (place) => ({ XDG_RUNTIME_DIR: place })],
	])("lies in the directory that %s gives", (_, env) => {
		const place = newPlace();
		const { stderr, stdout } = placeAfter("true", env(place));
		expect({ stderr, stdout }).toEqual({ stderr: "", stdout: `${place}\n` });
	});

	it.each(["/none", ".", ""])(
		"lies in one of the system where the session gives none that is right: %j",
		(given) => {
			const { stderr, stdout } = placeAfter(`mount --bind . /run; ${EMPTY_SHM}`, { XDG_RUNTIME_DIR: given });
			expect({ stderr, stdout }).toEqual({ stderr: "", stdout: "/dev/shm\n" });
		},
	);

	it("does not lie where others could put theirs in its place", () => {
		const place = newPlace();
		const script = `mount --bind . /run; ${EMPTY_SHM}; mkdir -m 0777 ${place}`;
		const { stdout } = placeAfter(script, { XDG_RUNTIME_DIR: place });
		expect(stdout).toBe("/dev/shm\n");
	});

	it.skipIf(statfsSync(tmpdir()).type === TMPFS)(
		"lies on a disk only where there is no tmpfs, with a warning",
		() => {
			const { status, stderr, stdout } = placeAfter(ON_DISK, { TMPDIR: FOLDER });
			expect({ status, stdout }).toEqual({ status: 0, stdout: `${FOLDER}\n` });
			expect(stderr).toMatch(
				/^dsta-run: warn: the files of secrets lie in .*, which is no tmpfs: they may reach a disk\n {2}fix: /,
			);
		},
	);

	it("that can lie nowhere ends the run before the command", () => {
		const { status, stderr, stdout } = placeAfter(
			"for at in /dev/shm /run /tmp; do mount --bind $at $at; mount -o remount,bind,ro $at; done",
		);
		expect({ status, stdout }).toEqual({ status: 78, stdout: "" });
		expect(stderr).toContain("There is no directory for files of secrets");
	});

	it("that is full ends the run before the command, and nothing stays", () => {
		const folder = folderWith(
			mapOf("a/b/c: { env: SMALL, as: file, default: x }", "app/big/key: { env: KEY_FILE, as: file }"),
		);
		writeFileSync(join(folder, ".env"), `APP_BIG_KEY=${BIG}\n`);
		const script = `mount -t tmpfs -o size=64k none /dev/shm; "$0" "$@"; status=$?; ls -A /dev/shm; exit $status`;
		const { status, stderr, stdout } = runSync(
			["unshare", "-Urm", "sh", "-c", script, ...LAUNCHER, "--", "echo", "started"],
			folder,
			{ XDG_RUNTIME_DIR: "/dev/shm" },
		);
		expect({ status, stdout }).toEqual({ status: 74, stdout: "" });
		expect(stderr).toMatch(
			/^dsta-run: error: The files for SMALL, KEY_FILE cannot be written in \/dev\/shm: no space is left \[DSTA_OUTPUT\]\n/,
		);
		expect(stderr).not.toContain(SENTINEL);
	});
});

/** The name of a folder whose owner has ended long ago. */
function staleName(): string {
	const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8);
	const namespace = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0];
	return `dsta-run-${boot}.${namespace}-1.1-stale`;
}

describe("what earlier starts have left", () => {
	const start = (place: string) => run(["true"], { env: { XDG_RUNTIME_DIR: place } });
	const left = (place: string) => readdirSync(place).filter((name) => name.endsWith("-stale"));

	it("is removed by the next one", async () => {
		const place = newPlace();
		mkdirSync(join(place, staleName(), "more"), { recursive: true });
		writeFileSync(join(place, staleName(), "KEY"), "x", { mode: 0o400 });
		expect(await start(place)).toMatchObject({ status: 0, stderr: "" });
		expect(left(place)).toEqual([]);
	});

	it.each<[string, string]>([
		["of another PID namespace", staleName().replace(/\.\d+-/, ".1-")],
		["of another boot, or another machine", staleName().replace(/-\w{8}\./, "-00000000.")],
		["whose name says something else", "dsta-run-stale"],
	])("stays where it may be in use: %s", async (_, name) => {
		const place = newPlace();
		mkdirSync(join(place, name));
		await start(place);
		expect(left(place)).toEqual([name]);
	});

	it("is not followed where it is a symbolic link", async () => {
		const [place, elsewhere] = [newPlace(), newPlace()];
		writeFileSync(join(elsewhere, "precious"), "");
		symlinkSync(elsewhere, join(place, staleName()));
		expect(await start(place)).toMatchObject({ status: 0, stderr: "" });
		expect(readdirSync(elsewhere)).toEqual(["precious"]);
	});

	it.skipIf(process.geteuid?.() !== 0)("of another user stays", async () => {
		const place = newPlace();
		mkdirSync(join(place, staleName()));
		spawnSync("chown", ["1000", join(place, staleName())]);
		await start(place);
		expect(left(place)).toEqual([staleName()]);
	});
});

if (MODE === "spawn") {
	it("check and explain show which entries become files, and write none", async () => {
		const env = { XDG_RUNTIME_DIR: newPlace() };
		const shown = async (...words: string[]) => {
			const { status, stderr, stdout } = await launch(FOLDER, words, env).ended;
			expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
			return stdout;
		};
		expect(await shown("check")).toMatch(/^KEY_FILE +app\/tls\/key +env +ok \(file\) /m);
		const { entries } = JSON.parse(await shown("check", "--json"));
		expect(entries).toMatchObject([{ name: "KEY_FILE", status: "ok", as: "file" }]);
		expect(await shown("explain")).toMatch(/^app\/tls\/key → KEY_FILE \(file\)\n/);
		expect(await shown("get", "app/tls/key")).toBe(`${SENTINEL}\n`);
		expect(readdirSync(env.XDG_RUNTIME_DIR)).toEqual([]);
	});

	describe("the files of a command are gone when it has ended", () => {
		it.each<[string, readonly string[], object]>([
			["with status 0", ["true"], { status: 0 }],
			["with another status", ["sh", "-c", "exit 7"], { status: 7 }],
			["by TERM", ["sh", "-c", "kill -TERM $$"], { signal: "SIGTERM" }],
			["by KILL", ["sh", "-c", "kill -KILL $$"], { signal: "SIGKILL" }],
			["before it began: there is none", ["no-such-command"], { status: 127 }],
			["before it began: it is none", ["/etc/passwd"], { status: 126 }],
			[
				"and has removed them itself",
				["sh", "-c", 'rm -r "$(dirname "$KEY_FILE")"'],
				{ status: 0, stderr: "" },
			],
			[
				"and has put others beside them",
				["sh", "-c", 'mkdir "$(dirname "$KEY_FILE")/more"'],
				{ status: 0, stderr: "" },
			],
			["and leaves a child", ["sh", "-c", "sleep 9 > /dev/null 2>&1 < /dev/null & exit 4"], { status: 4 }],
		])("%s", async (_, command, expected) => {
			const place = newPlace();
			const { stdout, ...ended } = await run(command, { env: { XDG_RUNTIME_DIR: place } });
			expect(ended).toMatchObject(expected);
			expect(readdirSync(place)).toEqual([]);
		});

		it.each(["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"] as const)(
			"by a signal that was forwarded: %s",
			async (signal) => {
				const place = newPlace();
				const env = { XDG_RUNTIME_DIR: place };
				const { child, ended, said } = launch(
					FOLDER,
					["--", "sh", "-c", "ls $XDG_RUNTIME_DIR; echo ready; read line"],
					env,
				);
				await said("ready");
				child.kill(signal);
				expect(await ended).toMatchObject({ signal, stdout: expect.stringMatching(/^dsta-run-/) });
				expect(readdirSync(place)).toEqual([]);
			},
		);

		it("as PID 1, by a signal", () => {
			const place = newPlace();
			const namespace = ["unshare", "-Urpf", "--mount-proc"];
			const result = runSync(
				[...namespace, ...LAUNCHER, "--", "sh", "-c", "ls $XDG_RUNTIME_DIR; kill -TERM $$"],
				FOLDER,
				{
					XDG_RUNTIME_DIR: place,
				},
			);
			expect(result).toMatchObject({ status: 128 + constants.signals.SIGTERM, stderr: "" });
			expect(result.stdout).toMatch(/^dsta-run-/);
			expect(readdirSync(place)).toEqual([]);
		});

		it("of each of many that start at once", async () => {
			const env = { XDG_RUNTIME_DIR: newPlace() };
			const starts = Array.from({ length: 8 }, () => run(["sh", "-c", 'cat "$KEY_FILE"'], { env }));
			for (const one of await Promise.all(starts))
				expect(one).toEqual({ status: 0, signal: null, stdout: SENTINEL, stderr: "" });
			expect(readdirSync(env.XDG_RUNTIME_DIR)).toEqual([]);
		});
	});

	// Nobody whom the permissions of files do not bind, as root is.
	const withUmask = ["unshare", "-U", "sh", "-c", 'umask 0777; exec "$0" "$@"'];

	it.each([
		["", ["env"]],
		[" whatever the umask", withUmask],
	])(
		"the files of a launcher that was killed stay for its command%s, and the next start after its end removes them",
		async (_, [first, ...before]) => {
			const env = { XDG_RUNTIME_DIR: newPlace() };
			const start = (...command: string[]) => {
				const words = [...before, ...LAUNCHER, "--", ...command];
				const child = spawn(first as string, words, {
					cwd: FOLDER,
					env: { PATH: process.env.PATH, ...env },
					detached: true,
				});
				return { child, ...follow(child) };
			};
			const next = async () => {
				await start("true").ended;
				return readdirSync(env.XDG_RUNTIME_DIR);
			};
			const script = `
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
print("ready", flush=True)
signal.sigwait([signal.SIGUSR1])
print(open(os.environ["KEY_FILE"]).read())`;
			const { child, ended, said } = start(PYTHON, "-c", script);
			await said("ready");
			const [command] = childrenOf(child.pid) as [number];
			const [folder] = readdirSync(env.XDG_RUNTIME_DIR) as [string];
			// The command is ready while the launcher is still noting who it is.
			await expect.poll(() => readdirSync(join(env.XDG_RUNTIME_DIR, folder))).toContain(".user");
			expect(await next()).toEqual([folder]);
			child.kill("SIGKILL");
			await expect.poll(() => isRunning(child.pid as number)).toBe(false);
			expect(await next()).toEqual([folder]);
			process.kill(command, "SIGUSR1");
			expect(await ended).toMatchObject({ signal: "SIGKILL", stdout: `ready\n${SENTINEL}\n` });
			await expect.poll(() => isRunning(command)).toBe(false);
			expect(await next()).toEqual([]);
		},
	);
}

if (MODE === "spawn")
	it("the files of a container that was killed are removed by the next one on the same directory, and those of others are not", async () => {
		const env = { XDG_RUNTIME_DIR: newPlace() };
		const start = (...command: string[]) => {
			const words = ["-Urpf", "--mount-proc", "--kill-child", ...LAUNCHER, "--", ...command];
			const child = spawn("unshare", words, {
				cwd: FOLDER,
				env: { PATH: process.env.PATH, ...env },
				detached: true,
			});
			return { child, ...follow(child) };
		};
		const folders = async () => {
			const { stderr, stdout } = await start("sh", "-c", "dirname $KEY_FILE; ls -d $XDG_RUNTIME_DIR/*").ended;
			expect(stderr).toBe("");
			const [own, ...all] = stdout.trimEnd().split("\n");
			return all.filter((folder) => folder !== own);
		};
		const live = start("sh", "-c", "echo ready; dirname $KEY_FILE; exec sleep 1000");
		await live.said("dsta-run-");
		const killed = start("sh", "-c", "echo ready; exec sleep 1000");
		await killed.said("ready");
		const inPlace = () => readdirSync(env.XDG_RUNTIME_DIR).map((name) => join(env.XDG_RUNTIME_DIR, name));
		// The commands are ready while the launchers are still noting who they are.
		await expect
			.poll(() => inPlace().filter((folder) => existsSync(join(folder, ".lifeline"))))
			.toHaveLength(2);
		expect(await folders()).toHaveLength(2);
		process.kill(childrenOf(killed.child.pid)[0] as number, "SIGKILL");
		await killed.ended;
		expect(await folders()).toHaveLength(1);
		process.kill(childrenOf(live.child.pid)[0] as number, "SIGTERM");
		await live.ended;
		expect(inPlace()).toEqual([]);
	});

if (MODE === "exec") {
	describe("in exec mode files", () => {
		it.each(["secrets:\n  ", "run: { keep_files: false }\nsecrets:\n  "])(
			"are refused before anybody is asked, unless the map lets them stay: %j",
			async (start) => {
				const folder = folderWith(`${start}${ENTRY.replace(" }", ", backend: vault }")}\n`);
				const { status, stderr, stdout } = await run(["echo", "started"], { folder });
				expect({ status, stdout }).toEqual({ status: 69, stdout: "" });
				expect((await launch(folder, ["check"]).ended).stderr).toBe(stderr);
				expect(stderr).toMatch(
					/^dsta-run: error: secrets\.map\.yaml:\d:3: app\/tls\/key is as: file, and in exec mode nobody is left to remove it \[DSTA_UNSUPPORTED\]\n/,
				);
			},
		);

		it("stay for as long as the command runs, and the next start after its end removes them", async () => {
			const env = { XDG_RUNTIME_DIR: newPlace() };
			const next = async () => {
				const { stdout } = await run(["sh", "-c", "ls $XDG_RUNTIME_DIR"], { env });
				return stdout.split("\n");
			};
			const { child, ended, said } = launch(
				FOLDER,
				["--", "sh", "-c", 'echo ready; read line; cat "$KEY_FILE"'],
				env,
			);
			await said("ready");
			const [folder] = readdirSync(env.XDG_RUNTIME_DIR);
			expect(await next()).toContain(folder);
			child.stdin?.write("\n");
			expect(await ended).toMatchObject({ status: 0, stdout: `ready\n${SENTINEL}` });
			expect(await next()).not.toContain(folder);
		});

		it("of a command that could not be executed are gone", async () => {
			const place = newPlace();
			const { status } = await run(["/etc/passwd"], { env: { XDG_RUNTIME_DIR: place } });
			expect(status).toBe(126);
			expect(readdirSync(place)).toEqual([]);
		});
	});
}

const FD_MAP =
	"app/tls/key: { env: KEY_FILE, as: fd }\napp/binary/key: { env: BINARY, as: fd, decode: base64, mode: '0444' }\n";
const FD_FOLDER = folderWith(FD_MAP);
writeFileSync(
	join(FD_FOLDER, ".env"),
	`APP_TLS_KEY=${SENTINEL}\nAPP_BINARY_KEY=${BINARY.toString("base64")}\n`,
);

if (BUILD === "npm")
	describe("under Node an entry that is as: fd", () => {
		it("is refused before anybody is asked, with the build that can give it", async () => {
			const { status, stderr, stdout } = await run(["echo", "started"], { folder: FD_FOLDER });
			expect({ status, stdout }).toEqual({ status: 69, stdout: "" });
			expect(stderr).toBe(
				[
					"dsta-run: error: secrets.map.yaml:1:1: app/tls/key is as: fd, which Node cannot give",
					"  secrets.map.yaml:2:1: app/binary/key is as: fd, which Node cannot give [DSTA_UNSUPPORTED]",
					"  fix: Use the standalone executable, or as: file.\n",
				].join("\n"),
			);
		});
	});
else
	describe("under the standalone executable an entry that is as: fd", () => {
		it("gives the variable the path of a descriptor, whose every opening reads the value from its beginning", async () => {
			const place = newPlace();
			const script = `echo $KEY_FILE $BINARY; cat $KEY_FILE $KEY_FILE; od -An -tx1 $BINARY; stat -L -c %a $KEY_FILE $BINARY; ls -A ${place}`;
			const { status, stderr, stdout } = await run(["sh", "-c", script], {
				folder: FD_FOLDER,
				env: { XDG_RUNTIME_DIR: place },
			});
			expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
			expect(stdout).toMatch(/^\/proc\/self\/fd\/[1-9]\d \/proc\/self\/fd\/[1-9]\d\n/);
			expect(stdout.slice(stdout.indexOf("\n") + 1)).toBe(
				`${SENTINEL}${SENTINEL} 00 ff 80 0a c3\n400\n444\n`,
			);
		});

		it("cannot be changed by anybody", async () => {
			const script = `
import fcntl, os
number = int(os.environ["KEY_FILE"].rsplit("/")[-1])
assert fcntl.fcntl(number, fcntl.F_GET_SEALS) & 15 == 15
for change in (lambda: os.write(number, b"x"), lambda: os.truncate(number, 0), lambda: os.pwrite(number, b"x", 100)):
	try: change()
	except PermissionError: print("refused")
print(os.read(number, 100).decode())`;
			const { stderr, stdout } = await run([PYTHON, "-c", script], { folder: FD_FOLDER });
			expect({ stderr, stdout }).toEqual({ stderr: "", stdout: `refused\nrefused\nrefused\n${SENTINEL}\n` });
		});

		it("leaves descriptors alone that the command inherits", () => {
			const script = 'exec 3< secrets.map.yaml 10< secrets.map.yaml 11< secrets.map.yaml; exec "$0" "$@"';
			const show = 'readlink /proc/self/fd/3 /proc/self/fd/10 /proc/self/fd/11; cat "$KEY_FILE"';
			const { stderr, stdout } = runSync(
				["bash", "-c", script, ...LAUNCHER, "--", "bash", "-c", show],
				FD_FOLDER,
			);
			const map = join(FD_FOLDER, "secrets.map.yaml");
			expect({ stderr, stdout }).toEqual({ stderr: "", stdout: `${map}\n${map}\n${map}\n${SENTINEL}` });
		});

		it("reaches the command together with the sockets of a service manager", () => {
			const script = 'exec 3< /dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"';
			const { stderr, stdout } = runSync(
				["sh", "-c", script, ...LAUNCHER, "--", "sh", "-c", 'readlink /proc/self/fd/3; cat "$KEY_FILE"'],
				FD_FOLDER,
			);
			expect({ stderr, stdout }).toEqual({ stderr: "", stdout: `/dev/null\n${SENTINEL}` });
		});

		if (MODE === "spawn")
			it("is not kept by the launcher", async () => {
				const { child, ended, said } = launch(FD_FOLDER, ["--", "sh", "-c", "echo ready; read line"]);
				await said("ready");
				const memoryFiles = () =>
					readdirSync(`/proc/${child.pid}/fd`)
						.map((name) => `/proc/${child.pid}/fd/${name}`)
						.filter(existsSync)
						.map((link) => readlinkSync(link))
						.filter((target) => target.startsWith("/memfd:"));
				await expect.poll(memoryFiles).toEqual([]);
				child.stdin?.end();
				await ended;
			});
	});

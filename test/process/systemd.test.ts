import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { constants } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FORMATS } from "../../src/cli/export/formats.ts";
import { carried } from "../export/values.ts";
import { askVault, freePort } from "../servers/start.ts";
import { BUILD, LAUNCHER, PYTHON, RUNTIME } from "./launch.ts";
import { type Systemd, startSystemd, whyNoSystemd } from "./systemd.ts";

const ADDRESS = process.env.DSTA_TEST_VAULT ?? "";
const DRIVER = new URL("programs/service.ts", import.meta.url).pathname;
const EXAMPLES = new URL("../../examples/systemd/", import.meta.url);

/** What stands before a command in a unit; `env` is the reference. */
const PREFIXES = {
	env: "/usr/bin/env",
	spawn: LAUNCHER.join(" "),
	exec: [...LAUNCHER, "--exec"].join(" "),
};
type Prefix = keyof typeof PREFIXES;
const ALL = Object.keys(PREFIXES) as Prefix[];

/** What the units run. */
const COMMANDS = {
	"wait.sh": "echo ready; exec sleep 1000\n",
	"end.sh": "exit $1\n",
	"fail-once.sh":
		"echo started; [ -e failed-$1 ] || { : >failed-$1; exit 1; }; echo again; exec sleep 1000\n",
	"count-terms.py": `
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: print("TERM", flush=True))
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(int(sys.argv[1])))
print("ready", flush=True)
while True: signal.pause()
`,
	// Says its argument when it gets USR1.
	"tell.py": `
import os, signal, socket, sys
address = os.environ["NOTIFY_SOCKET"]
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.connect("\\0" + address[1:] if address[0] == "@" else address)
def tell(*_): manager.send(sys.argv[1].replace(",", "\\n").replace("OWN", str(os.getpid())).encode())
signal.signal(signal.SIGUSR1, tell)
print(os.environ.get("WATCHDOG_PID", "anybody") in ("anybody", str(os.getpid())), flush=True)
while True: signal.pause()
`,
	// Says at its end that it stops, as a good service does.
	"stop.py": `
import os, signal, socket, sys
address = os.environ["NOTIFY_SOCKET"]
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.connect("\\0" + address[1:] if address[0] == "@" else address)
signal.signal(signal.SIGTERM, lambda *_: [manager.send(b"STOPPING=1"), sys.exit(0)])
print("serving", flush=True)
while True: signal.pause()
`,
	// Does what dsta-run does not: hands the main process over to its command.
	"hand-over.py": `
import os, socket, subprocess, sys
command = subprocess.Popen(sys.argv[1:])
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.sendto(f"READY=1\\nMAINPID={command.pid}".encode(), os.environ["NOTIFY_SOCKET"])
sys.exit(command.wait())
`,
	// Serves one connection on the socket of systemd.
	"serve.py": `
import os, socket
assert os.environ["LISTEN_PID"] == str(os.getpid())
socket.socket(fileno=3).accept()[0].sendall(b"served")
`,
	"empty.map.yaml": "{}\n",
	"notify.map.yaml": "run: { notify: true }\nsecrets: {}\n",
	"command-notifies.map.yaml": "run: { notify: command }\nsecrets: {}\n",
};

/** The server of the examples. */
const SERVER_PY = `
import os, signal, socket
password = os.environ["POSTGRES_PASSWORD"]
print("serving with", password, flush=True)
if "LISTEN_FDS" in os.environ: socket.socket(fileno=3).accept()[0].sendall(f"served with {password}".encode())
while True: signal.pause()
`;

/** The folder of the tests and that of the builds may lie in what these hide. */
const HERE = "[Service]\nDynamicUser=no\nProtectHome=no\n";

/** How a unit ended. */
const ENDED = ["ActiveState", "SubState", "Result", "NRestarts"] as const;
const STOPPED = { ActiveState: "inactive", SubState: "dead", Result: "success", NRestarts: "0" };

const reason = whyNoSystemd();
if (reason !== undefined) process.stderr.write(`SKIPPED: test/process/systemd.test.ts, since ${reason}\n`);

describe.skipIf(reason !== undefined)("under systemd", () => {
	let systemd: Systemd;
	let count = 0;

	/** A new service, by its name. */
	function service(command: string, ...lines: readonly string[]): string {
		const unit = `unit${++count}`;
		systemd.write({
			[`${unit}.service`]: ["[Service]", `ExecStart=${command}`, ...lines, ""].join("\n"),
			[`test.target.d/${unit}.conf`]: keeping(unit),
		});
		return unit;
	}

	// What nobody refers to is forgotten when it has ended.
	const keeping = (unit: string) => `[Unit]\nAfter=${unit}.service\n`;

	const separated = (prefix: Prefix, map = "empty") =>
		prefix === "env" ? PREFIXES.env : `${PREFIXES[prefix]} --map ${map}.map.yaml --`;

	beforeAll(async () => {
		systemd = await startSystemd();
		systemd.write(COMMANDS);
	});

	afterAll(() => systemd?.stop());

	describe.each(ALL)("a service of %s", (prefix) => {
		it.each(["control-group", "mixed"])("is inactive after a stop, not failed: KillMode=%s", async (mode) => {
			const lines = [`KillMode=${mode}`, "Restart=on-failure"];
			const unit = service(`${separated(prefix)} sh wait.sh`, ...lines);
			systemd.systemctl("start", unit);
			await systemd.wrote(unit, "ready");
			expect(systemd.systemctl("stop", unit)).toBe(0);
			expect(systemd.show(unit, ...ENDED)).toEqual(STOPPED);
		});

		it("is not restarted on failure when TERM has ended it", async () => {
			const unit = service(`${separated(prefix)} sh wait.sh`, "Restart=on-failure");
			systemd.systemctl("start", unit);
			await systemd.wrote(unit, "ready");
			systemd.systemctl("kill", "--kill-whom=main", "--signal=TERM", unit);
			await systemd.became(unit, STOPPED);
			expect(systemd.show(unit, "ExecMainCode", "ExecMainStatus")).toEqual({
				// CLD_KILLED
				ExecMainCode: "2",
				ExecMainStatus: "15",
			});
		});

		it("is restarted on failure when it has failed", async () => {
			const lines = ["Restart=on-failure", "RestartSec=0"];
			const unit = service(`${separated(prefix)} sh fail-once.sh ${prefix}`, ...lines);
			systemd.systemctl("start", unit);
			await systemd.wrote(unit, "again");
			expect(systemd.output(unit)).toBe("started\nstarted\nagain\n");
			expect(systemd.show(unit, "NRestarts", "ActiveState")).toEqual({
				NRestarts: "1",
				ActiveState: "active",
			});
			systemd.systemctl("stop", unit);
		});

		it("fails with the command's status", async () => {
			const unit = service(`${separated(prefix)} sh end.sh 7`);
			systemd.systemctl("start", unit);
			await systemd.became(unit, { ActiveState: "failed", Result: "exit-code", ExecMainStatus: "7" });
		});

		it("gets TERM once from a stop with KillMode=mixed", async () => {
			const unit = service(`${separated(prefix)} ${PYTHON} count-terms.py 0`, "KillMode=mixed");
			systemd.systemctl("start", unit);
			await systemd.wrote(unit, "ready");
			systemd.systemctl("stop", "--no-block", unit);
			await systemd.wrote(unit, "TERM");
			systemd.systemctl("kill", "--kill-whom=main", "--signal=USR1", unit);
			await systemd.became(unit, STOPPED);
			expect(systemd.output(unit)).toBe("ready\nTERM\n");
		});

		if (BUILD === "standalone" || prefix !== "exec")
			it("serves on the socket of a unit", async () => {
				const unit = service(`${separated(prefix)} ${PYTHON} serve.py`);
				const port = await freePort();
				systemd.write({ [`${unit}.socket`]: `[Socket]\nListenStream=127.0.0.1:${port}\n` });
				expect(systemd.systemctl("start", `${unit}.socket`)).toBe(0);
				const served = await new Promise((resolve) => connect(port, "127.0.0.1").once("data", resolve));
				expect(String(served)).toBe("served");
				systemd.systemctl("stop", `${unit}.socket`);
				await systemd.became(unit, STOPPED);
			});
	});

	describe.each(BUILD === "npm" ? [] : (["spawn", "exec"] as const))(
		"with Type=notify and run.notify, --%s",
		(prefix) => {
			it("is active with a command that says nothing, and keeps its status", async () => {
				const lines = ["Type=notify", "Restart=on-failure", "RestartSec=1000"];
				const unit = service(`${separated(prefix, "notify")} sh wait.sh`, ...lines);
				expect(systemd.systemctl("start", unit)).toBe(0);
				expect(systemd.show(unit, "NotifyAccess", "StatusText")).toEqual({
					NotifyAccess: "main",
					StatusText: "running",
				});
				expect(systemd.systemctl("stop", unit)).toBe(0);
				expect(systemd.show(unit, ...ENDED)).toEqual(STOPPED);
			});

			it("is active when the command says so itself", async () => {
				const line = "READY=1,STATUS=serving,MAINPID=OWN";
				const command = `${separated(prefix, "command-notifies")} ${PYTHON} tell.py ${line}`;
				const unit = service(command, "Type=notify", "Restart=on-failure");
				systemd.systemctl("start", "--no-block", unit);
				await systemd.wrote(unit, "True");
				const { ActiveState, MainPID } = systemd.show(unit, "ActiveState", "MainPID");
				expect(ActiveState).toBe("activating");
				systemd.systemctl("kill", "--kill-whom=main", "--signal=USR1", unit);
				await systemd.became(unit, { ActiveState: "active", StatusText: "serving" });
				expect(systemd.show(unit, "MainPID")).toEqual({ MainPID });
				systemd.systemctl("kill", "--kill-whom=main", "--signal=TERM", unit);
				await systemd.became(unit, STOPPED);
			});

			it("fails with the command's status, and says so", async () => {
				const unit = service(`${separated(prefix, "notify")} sh end.sh 7`, "Type=notify");
				systemd.systemctl("start", unit);
				await systemd.became(unit, { ActiveState: "failed", Result: "exit-code", ExecMainStatus: "7" });
				expect(systemd.show(unit, "StatusText")).toEqual({
					StatusText: prefix === "spawn" ? "the command ended with status 7" : "running",
				});
			});

			it("feeds the watchdog when the command does", async () => {
				const command = `${separated(prefix, "notify")} ${PYTHON} tell.py WATCHDOG=1`;
				const unit = service(command, "Type=notify", "WatchdogSec=1000");
				expect(systemd.systemctl("start", unit)).toBe(0);
				await systemd.wrote(unit, "True");
				const before = systemd.show(unit, "WatchdogTimestampMonotonic").WatchdogTimestampMonotonic;
				systemd.systemctl("kill", "--kill-whom=main", "--signal=USR1", unit);
				await expect
					.poll(() => systemd.show(unit, "WatchdogTimestampMonotonic").WatchdogTimestampMonotonic)
					.not.toBe(before);
				systemd.systemctl("stop", unit);
			});

			it("is killed by the watchdog when the command hangs", async () => {
				const command = `${separated(prefix, "notify")} sh wait.sh`;
				const unit = service(command, "Type=notify", "WatchdogSec=1", "WatchdogSignal=SIGKILL");
				systemd.systemctl("start", unit);
				await systemd.became(unit, { ActiveState: "failed", Result: "watchdog" });
			});
		},
	);

	if (BUILD === "npm")
		it("run.notify is refused by Node, and the unit fails at once", () => {
			const unit = service(`${separated("spawn", "notify")} sh wait.sh`, "Type=notify");
			expect(systemd.systemctl("start", unit)).toBe(1);
			expect(systemd.show(unit, "Result", "ExecMainStatus")).toEqual({
				Result: "exit-code",
				ExecMainStatus: "69",
			});
			expect(systemd.output(unit)).toContain("Use the standalone executable");
		});

	if (BUILD === "standalone")
		it("a reload replaces the command, and systemd hears of it", async () => {
			const manner = { notify: true, reloadSignal: constants.signals.SIGHUP, probationMs: 1 };
			const command = { file: PYTHON, args: ["stop.py"], env: {} };
			const words = [RUNTIME, DRIVER, ...[manner, command].map((word) => `'${JSON.stringify(word)}'`)];
			const lines = ["Type=notify", "ExecReload=kill -HUP $MAINPID"];
			const unit = service(words.join(" "), ...lines, "Environment=BUN_RUNTIME_TRANSPILER_CACHE_PATH=0");
			expect(systemd.systemctl("start", unit)).toBe(0);
			await systemd.wrote(unit, "serving");
			const { MainPID } = systemd.show(unit, "MainPID");
			expect(systemd.systemctl("reload", unit)).toBe(0);
			await systemd.wrote(unit, "[running]\n");
			await systemd.became(unit, { ActiveState: "active", SubState: "running", StatusText: "running" });
			expect(systemd.show(unit, "MainPID")).toEqual({ MainPID });
			expect(systemd.output(unit)).toContain("[reload]\n[stopped]\n[started replacement]\n");
			systemd.systemctl("stop", unit);
			expect(systemd.show(unit, ...ENDED)).toEqual(STOPPED);
		});

	it("a command that says itself that it is ready is heard with NotifyAccess=all", async () => {
		const command = `${separated("spawn")} ${PYTHON} tell.py READY=1`;
		const unit = service(command, "Type=notify", "NotifyAccess=all");
		systemd.systemctl("start", "--no-block", unit);
		await systemd.wrote(unit, "True");
		systemd.systemctl("kill", "--kill-whom=main", "--signal=USR1", unit);
		await systemd.became(unit, { ActiveState: "active" });
		systemd.systemctl("stop", unit);
	});

	it("a launcher that hands its place over by MAINPID= loses the command's status", async () => {
		const command = `${PYTHON} hand-over.py ${PYTHON} count-terms.py 7`;
		const unit = service(command, "Type=notify", "Restart=on-failure");
		expect(systemd.systemctl("start", unit)).toBe(0);
		await systemd.wrote(unit, "ready");
		systemd.systemctl("kill", "--kill-whom=main", "--signal=USR1", unit);
		await systemd.became(unit, { ...STOPPED, ExecMainStatus: "0" });
	});

	it("a unit reads what dsta-run export writes for it", () => {
		const values = carried("systemd");
		systemd.write({ "exported.env": FORMATS.systemd.render(values, "") });
		const unit = service("/usr/bin/env -0", `EnvironmentFile=${systemd.folder}/exported.env`, "Type=oneshot");
		expect(systemd.systemctl("start", unit)).toBe(0);
		const found = new Set(systemd.output(unit).split("\0"));
		expect([...values].filter(([name, value]) => !found.has(`${name}=${value}`))).toEqual([]);
	});

	describe.skipIf(ADDRESS === "")("the units of examples/systemd", () => {
		const names = readdirSync(EXAMPLES);
		const units = names.filter((name) => name !== "secrets.map.yaml");
		const SERVICES = ["api", "api-exec", "api-notify", "api-socket"];
		const PASSWORD = "pass-from-vault";
		let token: string;
		let port: number;

		/** A file of the folder, as it is for this build, this machine and this server. */
		function adapted(name: string): string {
			return (
				readFileSync(new URL(name, EXAMPLES), "utf8")
					.replaceAll("/usr/bin/dsta-run", PREFIXES.spawn)
					.replaceAll("/usr/bin/node /srv/api/server.js", `${PYTHON} server.py`)
					.replaceAll("/etc/dsta", systemd.folder)
					.replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`)
					.replaceAll("https://vault.example.com:8200", ADDRESS)
					// Other tests ask the same server for what is in the examples, and it is not to be there.
					.replaceAll("database/postgres", "units/postgres")
			);
		}

		beforeAll(async () => {
			await askVault(ADDRESS, "POST", "secret/data/units/postgres", { data: { password: PASSWORD } });
			const policy = 'path "secret/data/units/*" { capabilities = ["read"] }';
			await askVault(ADDRESS, "POST", "sys/policies/acl/units", { policy });
			const { auth } = await askVault(ADDRESS, "POST", "auth/token/create", { policies: ["units"] });
			token = (auth as { client_token: string }).client_token;
			port = await freePort();
			systemd.write({
				...Object.fromEntries(names.map((name) => [name, adapted(name)])),
				vault_token: `${token}\n`,
				"server.py": SERVER_PY,
				...Object.fromEntries(
					SERVICES.flatMap((name) => [
						[`${name}.service.d/here.conf`, HERE],
						[`test.target.d/${name}.conf`, keeping(name)],
					]),
				),
			});
		});

		it.each(units)("are right to systemd: %s", (unit) => {
			const { status, stderr } = systemd.run("systemd-analyze", "verify", `${systemd.folder}/${unit}`);
			expect({ status, complaints: stderr.split("\n").filter((line) => line.includes("api")) }).toEqual({
				status: 0,
				complaints: [],
			});
		});

		it.each(["api", "api-exec"])("give the command its secrets, and stop: %s", async (unit) => {
			expect(systemd.systemctl("start", unit)).toBe(0);
			await systemd.wrote(unit, "serving");
			expect(systemd.output(unit)).toBe(`serving with ${PASSWORD}\n`);
			expect(systemd.systemctl("stop", unit)).toBe(0);
			expect(systemd.show(unit, ...ENDED)).toEqual(STOPPED);
		});

		it("are ready when the command is there: api-notify", async () => {
			const status = systemd.systemctl("start", "api-notify");
			if (BUILD === "npm") return expect(status).toBe(1);
			expect(systemd.show("api-notify", "ActiveState", "StatusText")).toEqual({
				ActiveState: "active",
				StatusText: "running",
			});
			systemd.systemctl("stop", "api-notify");
			expect(systemd.show("api-notify", ...ENDED)).toEqual(STOPPED);
		});

		it("start at the first connection: api-socket", async () => {
			expect(systemd.systemctl("start", "api-socket.socket")).toBe(0);
			const served = await new Promise((resolve) => connect(port, "127.0.0.1").once("data", resolve));
			expect(String(served)).toBe(`served with ${PASSWORD}`);
			systemd.systemctl("stop", "api-socket.socket", "api-socket.service");
			expect(systemd.show("api-socket", ...ENDED)).toEqual(STOPPED);
		});

		it("show Vault's token to nobody", () => {
			const outputs = units.map((unit) => systemd.output(unit.replace(/\.\w+$/, "")));
			expect(outputs.filter((output) => output.includes("serving")).length).toBeGreaterThan(2);
			expect(outputs.filter((output) => output.includes(token))).toEqual([]);
		});

		it("start no command when a token is no longer good, and do not try again", async () => {
			systemd.write({ vault_token: "sentinel-of-a-token\n" });
			systemd.systemctl("start", "api");
			await systemd.became("api", { ActiveState: "failed", ExecMainStatus: "77", NRestarts: "0" });
			expect(systemd.output("api")).not.toContain("sentinel");
		});
	});
});

import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { constants } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { launchAsInit as launchInit, REAPERS } from "./init.ts";
import { childrenOf, folderWith, isRunning, someOnNpm } from "./launch.ts";

const ENDING = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

describe.each(REAPERS)("as PID 1, by $name", (reaper) => {
	const launchAsInit = (command: readonly string[], env: NodeJS.ProcessEnv = {}) =>
		launchInit(reaper, command, env);

	it.each(someOnNpm([143, 0, 42, 255, 1]))("the status is the command's own: %i", async (status) => {
		const { ended } = launchAsInit(["sh", "-c", `exit ${status}`]);
		expect(await ended).toEqual({ status, signal: null, stdout: "", stderr: "" });
	});

	it.each(someOnNpm(["SIGTERM", "SIGINT", "SIGKILL", "SIGSEGV", "SIGABRT", "SIGUSR1", "SIGPIPE"] as const))(
		"the status is 128 + N for a command that dies of a signal: %s",
		async (signal) => {
			const number = constants.signals[signal];
			const { ended } = launchAsInit(["sh", "-c", `ulimit -c 0; kill -${number} $$`]);
			expect(await ended).toEqual({ status: 128 + number, signal: null, stdout: "", stderr: "" });
		},
	);

	it.each(someOnNpm(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGWINCH"] as const))(
		"a signal reaches the command once: %s",
		async (signal) => {
			const listener = `process.on("${signal}", () => console.log("got it"));
				process.on("SIGUSR2", () => process.exit(7));
				process.stdin.once("data", () => process.kill(1, "SIGUSR2"));
				console.log("ready");`;
			const { child, ended, kill, said } = launchAsInit([process.execPath, "-e", listener]);
			await said("ready");
			kill(signal);
			await said("got it");
			// What the launcher still had to forward comes before the signal that it gets now.
			child.stdin?.write("\n");
			expect(await ended).toEqual({ status: 7, signal: null, stdout: "ready\ngot it\n", stderr: "" });
		},
	);

	it.each(ENDING)("a signal ends the command, and both are gone: %s", async (signal) => {
		const { ended, kill, said } = launchAsInit(["sh", "-c", "echo ready; exec sleep 1000"]);
		await said("ready");
		kill(signal);
		expect(await ended).toMatchObject({ status: 128 + constants.signals[signal], stderr: "" });
	});

	it.each(ENDING)("a signal while secrets are resolved ends the run at once: %s", async (signal) => {
		let ask: () => void = () => undefined;
		const asked = new Promise<void>((resolve) => {
			ask = resolve;
		});
		const server = createServer((socket) => socket.on("error", () => undefined).on("data", ask));
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const VAULT_ADDR = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		const { ended, kill } = launchAsInit(["echo", "started"], { VAULT_ADDR, VAULT_TOKEN: "t" });
		await asked;
		kill(signal);
		expect(await ended).toEqual({
			status: 128 + constants.signals[signal],
			signal: null,
			stdout: "",
			stderr: "",
		});
		server.close();
	});

	it("a command that is started anew leaves no zombies, and a signal ends it", async () => {
		const folder = folderWith(
			"run: { watch: 50ms, settle: 0, probation: 0 }\nsecrets: { app/value_x: VALUE }\n",
		);
		const file = join(folder, ".env");
		const write = (value: string) => writeFileSync(file, `VALUE=${value}\n`);
		write("1");
		const script = `trap 'exit 4' TERM; (sleep 0 &); echo "got $VALUE"; while :; do sleep 0.02; done`;
		const env = { DSTA_MAP: join(folder, "secrets.map.yaml"), DSTA_ENV_FILE: file };
		const { child, ended, kill, said } = launchAsInit(["sh", "-c", script], env);
		await said("got 1");
		write("2");
		await said("got 2");
		const [init] = childrenOf(child.pid);
		await expect.poll(() => childrenOf(init).filter((pid) => !isRunning(pid))).toEqual([]);
		kill("SIGTERM");
		expect(await ended).toMatchObject({ status: 4, stdout: "got 1\ngot 2\n" });
	});

	it("an orphan does not keep it", async () => {
		const { ended } = launchAsInit(["sh", "-c", "(sleep 1000 &) ; exit 3"]);
		expect(await ended).toMatchObject({ status: 3 });
	});
});

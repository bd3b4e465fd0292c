import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { BUILD, folderWith, isRunning, LAUNCHER } from "./launch.ts";
import { itLooksAsWithEnv, type Shell } from "./shell.ts";
import { CTRL, openTerminal, type Terminal } from "./terminal.ts";

const FOLDER = folderWith("{}\n");
const LAUNCH = [...LAUNCHER, "--"];

describe("a launcher that leads the session", () => {
	let terminal: Terminal;
	const open = (script: string) => {
		terminal = openTerminal(FOLDER, [...LAUNCH, "sh", "-c", script]);
		return terminal;
	};

	afterEach(() => terminal.close());

	it("ends by the hang-up, with its command", async () => {
		const { ended, hangUp, shows } = open("echo ready; exec sleep 1000");
		await shows("ready");
		hangUp();
		expect(await ended).toEqual({ signal: 1 });
	});

	it("ends without an abort when its command ends by itself", async () => {
		const { ended, hangUp, shows } = open("trap 'exit 5' HUP; echo ready; sleep 1000 & wait");
		await shows("ready");
		hangUp();
		expect(await ended).toEqual({ status: 5 });
	});

	it("is not stopped by Ctrl-Z, since nobody could continue it", async () => {
		const { ended, shows, type } = open("echo ready; read line; exit 6");
		await shows("ready");
		type(`${CTRL.Z}\n`);
		expect(await ended).toEqual({ status: 6 });
	});
});

describe("the hang-up of a terminal", () => {
	const SLEEPER = "run sh -c 'echo $$ >pid; echo asleep; exec sleep 1000'";

	itLooksAsWithEnv("ends the job on the foreground", async (shell) => {
		await shell.begin(SLEEPER, "asleep\r\n");
		await expectEndOfJob(shell);
	});

	itLooksAsWithEnv("ends a job that is stopped", async (shell) => {
		await shell.begin(SLEEPER, "asleep\r\n");
		shell.type(CTRL.Z);
		await shell.prompt();
		await expectEndOfJob(shell);
	});

	for (const [name, line, shells] of [
		["nohup as the command", "run nohup WITNESS &", undefined],
		["a shell that disowns it", "run WITNESS & disown", ["bash"]],
		// Not as a job: whether a shell tells of its end before or behind the next line is a matter of chance.
		["a session of its own", "(setsid run WITNESS &)", undefined],
		// Node has lost by then which signals were ignored.
		...(BUILD === "standalone" ? [["nohup in front of it", "nohup run WITNESS &", undefined] as const] : []),
	] as const)
		itLooksAsWithEnv(
			`leaves a command alone that is to survive it: ${name}`,
			async (shell) => {
				const witness = "sh -c 'echo begun >ready; read line <ready; echo $line >survived'";
				await shell.enter(line.replace("WITNESS", `${witness} </dev/null >out 2>&1`));
				await shell.enter("cat ready");
				shell.hangUp();
				await shell.ended;
				await expect.poll(() => wakes(join(shell.folder, "ready")), { timeout: 10_000 }).toBe(true);
				const survived = join(shell.folder, "survived");
				await expect.poll(() => existsSync(survived) && readFileSync(survived, "utf8")).toBe("still here\n");
			},
			shells,
		);
});

async function expectEndOfJob(shell: Shell): Promise<void> {
	const command = Number(readFileSync(join(shell.folder, "pid"), "utf8"));
	const stat = readFileSync(`/proc/${command}/stat`, "utf8");
	const [, , leader] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	shell.hangUp();
	await shell.ended;
	await expect.poll(() => [command, Number(leader)].some(isRunning), { timeout: 10_000 }).toBe(false);
}

/** Writes into a FIFO; `false` as long as nobody reads it. */
function wakes(fifo: string): boolean {
	try {
		const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
		writeSync(fd, "still here\n");
		closeSync(fd);
		return true;
	} catch {
		return false;
	}
}

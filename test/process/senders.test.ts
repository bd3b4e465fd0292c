import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { BUILD, folderWith, isRunning, LAUNCHER } from "./launch.ts";
import { CTRL, DSTA_RUN, openTerminal, type Terminal } from "./terminal.ts";

const FOLDER = folderWith("{}\n");
const HEARD = join(FOLDER, "heard");

/**
 * A program that notes the signals it gets, and answers each but USR1, with which it ends, by a USR1 to its launcher: that comes
 * after whatever the launcher had to forward before.
 */
const LISTENER = join(FOLDER, "listener.cjs");
writeFileSync(
	LISTENER,
	`const note = (name) => require("fs").appendFileSync(${JSON.stringify(HEARD)}, name + " ");
	for (const name of ["INT", "QUIT", "WINCH", "HUP"])
		process.on("SIG" + name, () => { note(name); process.kill(process.ppid, "SIGUSR1"); });
	process.on("SIGUSR1", () => { note("USR1"); process.exit(7); });
	setInterval(() => {}, 1000);
	console.log("launcher " + process.ppid + ".");`,
);
const COMMAND = [process.execPath, LISTENER];

let terminal: Terminal;
async function open(args: readonly string[], line = ""): Promise<number> {
	writeFileSync(HEARD, "");
	terminal = openTerminal(FOLDER, args);
	if (line !== "") terminal.type(`${line}\n`);
	await terminal.shows("launcher ");
	return Number(await terminal.shows("."));
}
const heard = () => readFileSync(HEARD, "utf8").trim();

afterEach(() => terminal.close());

describe("on the foreground of a terminal", () => {
	// Node does not tell who has sent a signal.
	if (BUILD === "npm")
		it.each(["INT", "QUIT", "WINCH"])(
			"what somebody sends to the launcher alone is taken for the terminal's: %s",
			async (name) => {
				const launcher = await open([...LAUNCHER, "--", ...COMMAND]);
				process.kill(launcher, `SIG${name}`);
				process.kill(launcher, "SIGUSR1");
				expect(await terminal.ended).toEqual({ status: 7 });
				expect(heard()).toBe("USR1");
			},
		);
	else
		it.each(["INT", "QUIT", "WINCH", "HUP"])(
			"what somebody sends to the launcher alone reaches the command once: %s",
			async (name) => {
				const launcher = await open([...LAUNCHER, "--", ...COMMAND]);
				process.kill(launcher, `SIG${name}`);
				expect(await terminal.ended).toEqual({ status: 7 });
				expect(heard()).toBe(`${name} USR1`);
			},
		);

	it.each([
		["INT", () => terminal.type(CTRL.C)],
		["QUIT", () => terminal.type(CTRL.BACKSLASH)],
		["WINCH", () => terminal.resize(50, 100)],
	] as const)("what the terminal sends reaches the command once: %s", async (name, send) => {
		await open([...LAUNCHER, "--", ...COMMAND]);
		send();
		expect(await terminal.ended).toEqual({ status: 7 });
		expect(heard()).toBe(`${name} USR1`);
	});

	it("the hang-up of its terminal reaches the command of a launcher that leads the session once", async () => {
		await open([...LAUNCHER, "--", ...COMMAND]);
		terminal.hangUp();
		expect(await terminal.ended).toEqual({ status: 7 });
		expect(heard()).toBe("HUP USR1");
	});

	// Node's launcher forwards it, since it may have been meant for itself alone.
	if (BUILD === "standalone")
		it("the hang-up of its terminal reaches the command of a shell's job once", async () => {
			const launcher = await open(["sh", "-i"], `${DSTA_RUN} -- ${COMMAND.join(" ")}`);
			terminal.hangUp();
			await expect.poll(() => isRunning(launcher)).toBe(false);
			expect(heard()).toBe("HUP USR1");
		});
});

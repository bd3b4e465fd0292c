import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { itLooksAsWithEnv } from "./shell.ts";
import { CTRL } from "./terminal.ts";

describe("a job that is stopped", () => {
	itLooksAsWithEnv(
		"Ctrl-Z stops it, and fg continues it",
		async (shell) => {
			await shell.begin("run listener", "listening\r\n");
			shell.type(CTRL.Z);
			await shell.prompt();
			await shell.enter("jobs");
			await shell.begin("fg", "got CONT");
			shell.type("end\n");
			await shell.prompt();
			await shell.enter("jobs");
		},
		["bash", "dash", "zsh"],
	);

	itLooksAsWithEnv("bg continues it in the background", async (shell) => {
		await shell.begin("run sh -c 'echo begun; read _ <ready; exit 6'", "begun\r\n");
		shell.type(CTRL.Z);
		await shell.prompt();
		await shell.enter("bg");
		await shell.enter("echo >ready; wait %1");
		await shell.enter("jobs");
	});

	itLooksAsWithEnv("Ctrl-Z stops all of a pipeline, and a script around the command", async (shell) => {
		for (const line of [
			"run sh -c 'echo $$ >pid; exec listener' | run cat",
			"sh -c 'run sh -c \"echo \\$\\$ >pid; exec listener\"; echo behind it'",
		]) {
			await shell.begin(line, "listening\r\n");
			shell.type(CTRL.Z);
			await shell.prompt();
			// The shell speaks as soon as the script has stopped; before the command has as well, it may take what is typed.
			const pid = readFileSync(join(shell.folder, "pid"), "utf8").trim();
			await expect
				.poll(() => readFileSync(`/proc/${pid}/stat`, "utf8"), { timeout: 10_000 })
				.toMatch(/\) T /);
			await shell.enter("jobs");
			await shell.begin("fg", "got CONT");
			await shell.enter("quit");
		}
	});

	itLooksAsWithEnv(
		"the prompt is back when the command has given the terminal back, and not before",
		async (shell) => {
			await shell.begin("run pager cooked", /reading\r+\n/);
			for (let times = 0; times < 2; times++) {
				shell.type(CTRL.Z);
				await shell.prompt();
				await shell.enter("stty -a");
				await shell.begin("fg", "resumed");
				shell.type("j");
				await shell.shows(/key 6a\r+\n/);
				// The launcher stops by the default action, and says nobody when it has taken the signal back.
				await expect.poll(() => isTaken(shell.folder, constants.signals.SIGTSTP)).toBe(true);
			}
			shell.type("q");
			await shell.prompt();
			await shell.enter("stty -a");
		},
		["bash", "dash", "zsh"],
	);

	itLooksAsWithEnv("Ctrl-Z does nothing to a command that ignores it", async (shell) => {
		await shell.begin("run sh -c \"trap '' TSTP; echo waiting; read line; echo \\$line\"", "waiting\r\n");
		shell.type(CTRL.Z);
		await shell.shows("^Z");
		await shell.enter("typed");
	});

	for (const signal of ["STOP", "TSTP"])
		itLooksAsWithEnv(`a command that stops itself with ${signal}`, async (shell) => {
			await shell.enter(`run sh -c 'kill -${signal} $$; echo continued; read line; echo $line; exit 5'`);
			await shell.enter("jobs");
			await shell.begin("fg", "continued\r\n");
			await shell.enter("typed");
		});

	itLooksAsWithEnv("kill -CONT of it alone continues the command", async (shell) => {
		await shell.enter("run listener ready >said </dev/null & pid=$!");
		await shell.enter("cat ready");
		await shell.enter("kill -TSTP $pid; until-state T $pid");
		await shell.enter("jobs");
		await shell.enter("kill -CONT $pid; until grep CONT said; do sleep 0.01; done");
		await shell.enter("kill -USR1 $pid; until-state Z $pid; wait $pid");
		await shell.enter("cat said");
	});

	itLooksAsWithEnv("a shell that has one asks before it exits", async (shell) => {
		await shell.begin("run listener", "listening\r\n");
		shell.type(CTRL.Z);
		await shell.prompt();
		await shell.enter("exit");
		await shell.begin("fg", "got CONT");
		await shell.enter("quit");
	});
});

describe("a job in the background", () => {
	itLooksAsWithEnv("a signal to it reaches the command once: kill -INT", async (shell) => {
		await shell.enter("run listener ready >said </dev/null &");
		await shell.enter("cat ready");
		await shell.enter("kill -INT $!; kill -WINCH $!; until grep WINCH said; do sleep 0.01; done");
		await shell.enter("kill -USR1 $!; until-state Z $!; wait $!; sort said");
	});

	itLooksAsWithEnv("kill %1 ends it, and wait tells how", async (shell) => {
		await shell.enter("run sh -c 'echo begun >ready; exec sleep 1000' &");
		await shell.enter("cat ready; jobs");
		await shell.enter("kill %1; until-state Z $!; wait $!");
		await shell.enter("jobs");
		await shell.enter("run sh -c 'echo begun >ready; exec sleep 1000' &");
		await shell.enter("cat ready; kill -KILL %1; until-state Z $!; wait $!");
		await shell.enter("run sh -c 'exit 7' & until-state Z $!; wait $!");
	});

	itLooksAsWithEnv(
		"a read from the terminal stops it, and fg gives it the terminal",
		async (shell) => {
			await shell.enter("run sh -c 'read line; echo got $line; exit 3' & until-state T $!");
			await shell.enter("jobs");
			await shell.begin("fg", /exit 3[^\n]*\n/);
			shell.type("hello\n");
			await shell.shows("got hello");
			await shell.prompt();
		},
		["bash", "dash", "zsh"],
	);

	itLooksAsWithEnv("under tostop a write stops it", async (shell) => {
		await shell.enter("stty tostop; run sh -c 'echo written; exit 3' & until-state T $!");
		await shell.enter("jobs");
		await shell.begin("fg", "written\r\n");
		await shell.prompt();
		await shell.enter("stty -tostop");
	});

	itLooksAsWithEnv("a change of the terminal's settings stops it", async (shell) => {
		await shell.enter("run stty -echo & until-state T $!");
		await shell.enter("jobs");
		await shell.enter("fg");
	});

	itLooksAsWithEnv(
		"its end leaves the settings of the terminal alone",
		async (shell) => {
			await shell.enter("run sh -c 'echo begun >ready; read _ <ready' &");
			await shell.enter("cat ready; stty -echo");
			shell.type("echo >ready; wait $!; stty -a\n");
			await shell.prompt();
		},
		["dash"],
	);

	itLooksAsWithEnv("Ctrl-C at another command passes it by", async (shell) => {
		await shell.enter("run listener ready >said </dev/null &");
		await shell.enter("cat ready");
		await shell.begin("sh -c 'echo asleep; exec sleep 1000'", "asleep\r\n");
		shell.type(CTRL.C);
		await shell.prompt();
		await shell.enter("kill -USR1 $!; until-state Z $!; wait $!; cat said");
	});
});

/** Whether all processes on the foreground of the terminal of a shell catch a signal. */
function isTaken(folder: string, signal: number): boolean {
	const group = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && isOnForegroundIn(folder, pid));
	return group.every((pid) => {
		const [, caught] = /^SigCgt:\s*(\w+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
		return ((BigInt(`0x${caught}`) >> BigInt(signal - 1)) & 1n) === 1n;
	});
}

function isOnForegroundIn(folder: string, pid: string): boolean {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		return group === foreground && readlinkSync(`/proc/${pid}/cwd`) === folder;
	} catch {
		// It has ended meanwhile.
		return false;
	}
}

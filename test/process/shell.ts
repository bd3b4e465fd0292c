import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith, MODE, someOnNpm } from "./launch.ts";
import { DSTA_RUN, openTerminal, type Terminal } from "./terminal.ts";

/** An interactive shell on a terminal, in which `run COMMAND` starts a command. */
export interface Shell extends Terminal {
	/** Where it is, with a FIFO `ready`. */
	readonly folder: string;
	/** Types a line, and resolves with what the terminal shows until the next prompt. */
	enter(line: string): Promise<string>;
	/** Types a line, and waits for what its command shows. */
	begin(line: string, text: string | RegExp): Promise<void>;
	/** Resolves with what the terminal shows until the next prompt. */
	prompt(): Promise<string>;
}

/** What a user does at a shell. */
export type Scenario = (shell: Shell) => Promise<unknown>;

/** The shells, and how each is started without the settings of whoever runs the tests. */
const SHELLS = {
	dash: ["/bin/dash", "-i"],
	bash: ["/bin/bash", "--norc", "-i"],
	// Its prompt is expanded only when told to, output that does not end with a line would be marked, and jobs tell of themselves at once.
	zsh: ["/bin/zsh", "-f", "-i", "-o", "promptsubst", "-o", "nopromptsp", "+o", "notify"],
} as const;
export type ShellName = keyof typeof SHELLS;

const PROGRAMS = new URL("programs", import.meta.url).pathname;
/** The folder of the real one: a version manager may put a script in front of it, which takes signals of its own. */
const PYTHON = execFileSync("python3", ["-c", "import os, sys; print(os.path.dirname(sys.executable))"], {
	encoding: "utf8",
}).trim();
const PROMPT = /\[\d+\]> /;

/** What `run` stands for: the plain command, which is the reference, or the launcher under test. */
const RUN = { plainly: "env", launched: `${DSTA_RUN} --` };

/**
 * Declares a test for each shell: the terminal shows the same whether the commands are started by `env` or by the launcher under test.
 * A scenario that does not come to its end with `env` is a wrong scenario.
 */
export function itLooksAsWithEnv(
	name: string,
	scenario: Scenario,
	shells: readonly ShellName[] = ["bash", "dash"],
): void {
	// In exec mode nothing of us is left when the command runs, so that one shell speaks for all.
	const asked = MODE === "exec" ? shells.slice(0, 1) : someOnNpm(shells);
	describe(name, () => {
		for (const shell of asked)
			it.skipIf(!existsSync(SHELLS[shell][0]))(`in ${shell}`, async () => {
				const [expected, shown] = await Promise.all([
					play(shell, RUN.plainly, scenario),
					play(shell, RUN.launched, scenario),
				]);
				expect(shown).toBe(expected);
			});
	});
}

async function play(name: ShellName, run: string, scenario: Scenario): Promise<string> {
	const folder = folderWith("{}\n");
	execFileSync("mkfifo", [join(folder, "ready")]);
	mkdirSync(join(folder, "bin"));
	writeFileSync(join(folder, "bin/run"), `#!/bin/sh\nexec ${run} "$@"\n`);
	chmodSync(join(folder, "bin/run"), 0o755);
	const path = [join(folder, "bin"), PROGRAMS, PYTHON, process.env.PATH].join(":");
	const terminal = openTerminal(folder, SHELLS[name], {
		PATH: path,
		PS1: "[$?]> ",
		TERM: "dumb",
		LC_ALL: "C",
	});
	const { shows, type } = terminal;
	const typeLine = async (line: string) => {
		type(`${line}\n`);
		await shows(line);
	};
	const shell: Shell = {
		...terminal,
		folder,
		prompt: () => shows(PROMPT),
		async enter(line) {
			await typeLine(line);
			return shows(PROMPT);
		},
		async begin(line, text) {
			await typeLine(line);
			await shows(text);
		},
	};
	try {
		await shows(PROMPT);
		await shell.enter("ulimit -c 0");
		await scenario(shell);
		return withoutNumbers(terminal.seen());
	} finally {
		terminal.close();
	}
}

/** A shell shows pids behind the number of a job, and a scenario behind the word; two terminals have two names. */
function withoutNumbers(screen: string): string {
	return screen.replace(/(?<=\[\d\] {1,2}[+-]? *|\bpid |pts\/)\d+/g, "N");
}

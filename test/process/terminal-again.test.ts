import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BUILD, folderWith } from "./launch.ts";
import { CTRL, DSTA_RUN, openTerminal, type Terminal } from "./terminal.ts";

interface Watched extends Terminal {
	/** Has the command started anew. */
	change(): void;
}

/** A shell on a terminal in which `run COMMAND` starts a command that follows its secrets. */
async function onTerminal(act: (terminal: Watched) => Promise<void>): Promise<void> {
	const folder = folderWith(
		"run: { watch: 50ms, settle: 0, probation: 0, stop_timeout: 300ms }\nsecrets: { app/value_x: VALUE }\n",
	);
	let value = 0;
	const change = () => writeFileSync(join(folder, ".env"), `VALUE=${++value}\n`);
	change();
	writeFileSync(join(folder, "run"), `#!/bin/sh\nexec ${DSTA_RUN} -- "$@"\n`);
	chmodSync(join(folder, "run"), 0o755);
	const terminal = openTerminal(folder, ["/bin/bash", "--norc", "-i"], { TERM: "dumb", LC_ALL: "C" });
	try {
		// A wrapper around Python may have taken the prompt out of the environment.
		terminal.type("PS1='$ '; echo be''gin\n");
		await terminal.shows("begin\r\n$ ");
		await act({ ...terminal, change });
	} finally {
		terminal.close();
		await terminal.ended;
	}
}

describe("a command on a terminal that is started anew", () => {
	it("has the keys as the one before, stops with its launcher, and waits for it to go on", async () => {
		await onTerminal(async ({ change, shows, type }) => {
			type("./run sh -c 'echo got $VALUE; exec cat'\n");
			await shows("got 1\r\n");
			change();
			await shows("got 2\r\n");
			type("typed\n");
			await shows("typed\r\ntyped\r\n");
			type(CTRL.Z);
			await shows("Stopped");
			change();
			type("fg\n");
			await shows("got 3\r\n");
			type(CTRL.C);
			await shows("$ ");
			type("echo ended with $?\n");
			await shows("ended with 130\r\n");
		});
	});

	if (BUILD === "standalone")
		it("has the terminal as the first one, whatever one has left that was killed", async () => {
			await onTerminal(async ({ change, screen, shows, type }) => {
				// A shell has a foreground of its own, and what is typed comes to it letter by letter.
				type("PS1='inner> ' ./run bash --norc -i\n");
				await shows("\ninner> ");
				change();
				await shows("killing it");
				await shows("inner> ");
				type("stty -a | tr ' ;' '\\n' | grep -x icanon; echo now $VALUE\n");
				await shows("\r\nicanon\r\nnow 2\r\n");
				type("exit\n");
				await shows("$ ");
				expect(screen()).not.toContain("Stopped");
			});
		});
});

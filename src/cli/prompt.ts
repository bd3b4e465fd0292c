import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { DstaError } from "../errors.ts";
import type { Host } from "./host.ts";

/** Asks on the terminal whether to go on; only a line that says yes does. Ctrl-C ends the program, as it does elsewhere. */
export function askYesNo({ process, terminal }: Host, question: string): Promise<boolean> {
	const lines = createInterface({ input: process.stdin, terminal: false });
	terminal.write(`${question} [y/N] `);
	let isWanted: boolean | undefined;
	return new Promise((resolve) => {
		lines.once("line", (line) => {
			isWanted = /^\s*y(?:es)?\s*$/i.test(line);
			lines.close();
		});
		lines.once("close", () => {
			if (isWanted === undefined) terminal.write("\n");
			resolve(isWanted ?? false);
		});
	});
}

/**
 * Asks on the terminal for one line that is not shown while it is typed.
 * @throws {DstaError} DSTA_USAGE the line is empty, or the input ended or was interrupted before it did
 */
export function askHidden({ process, terminal }: Host, question: string): Promise<string> {
	// readline echoes what is typed into its output: this one keeps nothing.
	const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
	const lines = createInterface({ input: process.stdin, output: silent, terminal: true, historySize: 0 });
	// Only now that the terminal itself no longer echoes: a pasted answer comes at once.
	terminal.write(question);
	return new Promise((resolve, reject) => {
		lines.once("line", (line) => {
			if (line !== "") resolve(line);
			lines.close();
		});
		lines.once("SIGINT", () => lines.close());
		lines.once("close", () => {
			terminal.write("\n");
			reject(
				new DstaError("DSTA_USAGE", "No value was given", {
					cure: "Type it and press Enter; nothing was written. An empty value is written KEY= in the command line.",
				}),
			);
		});
	});
}

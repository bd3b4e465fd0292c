import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { DstaError } from "../errors.ts";

/** The terminal that a question goes to. */
export interface PromptTerminal {
	readonly input: NodeJS.ReadStream;
	readonly output: NodeJS.WriteStream;
}

/**
 * Asks for one line that is not shown while it is typed.
 * @throws {DstaError} DSTA_USAGE the input ended or was interrupted before the line did
 */
export function askHidden({ input, output }: PromptTerminal, question: string): Promise<string> {
	output.write(question);
	// readline echoes what is typed into its output: this one keeps nothing.
	const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
	const lines = createInterface({ input, output: silent, terminal: true, historySize: 0 });
	return new Promise((resolve, reject) => {
		lines.once("line", (line) => {
			resolve(line);
			lines.close();
		});
		lines.once("SIGINT", () => lines.close());
		lines.once("close", () => {
			output.write("\n");
			reject(
				new DstaError("DSTA_USAGE", "No value was given", {
					cure: "Type it and press Enter; nothing was written.",
				}),
			);
		});
	});
}

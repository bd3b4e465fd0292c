import type { Log } from "../observe/log.ts";
import type { ErrorOutput } from "./output.ts";

/** What a subcommand may know of the process that it runs in, and all that it may do to it. */
export interface Host {
	readonly process: NodeJS.Process;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly cwd: string;
	readonly home: string | undefined;
	readonly log: Log;
	/** Standard error, for what is shown or asked while the program works. */
	readonly terminal: Terminal;
}

export interface Terminal extends ErrorOutput {
	/** Whether somebody looks at it. */
	isTTY(): boolean;
}

/** How a subcommand ends. */
export interface CommandResult {
	readonly status: number;
	/** What goes to standard output. */
	readonly output?: string;
}

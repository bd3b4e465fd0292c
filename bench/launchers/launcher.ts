import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Case, Variable } from "../cases.ts";

/** What a launcher has to start a command with. */
export interface Job {
	readonly backend: Case["backend"];
	readonly variables: readonly Variable[];
	/** Where the command starts and its configuration lies; of this case alone. */
	readonly folder: string;
	/** The server's, as launchers see it; empty where there is none. */
	readonly address: string;
	/** The file of the authority that vouches for the server; `undefined` without TLS. */
	readonly authority: string | undefined;
}

export interface Preparation {
	/** All words, the command's included. */
	readonly words: (command: readonly string[]) => readonly [string, ...string[]];
	/** What the launcher needs of the environment beside PATH and HOME. */
	readonly env?: NodeJS.ProcessEnv;
}

/** A program that starts a command, and how it is told to. */
export interface Launcher {
	readonly name: string;
	/** A file name that is looked for; a path for a program of ours. */
	readonly program: string;
	/** Further programs without which it is of no use. */
	readonly needs?: readonly string[];
	/** Prints its version; the default is `--version`. */
	readonly version?: readonly string[];
	/** Writes what the launcher needs for a case; `undefined`: it cannot do that. */
	readonly prepare: (job: Job, found: Found) => Preparation | undefined;
}

/** Where the programs of a launcher are. */
export interface Found {
	/** The words that start it. */
	readonly words: readonly [string, ...string[]];
	/** The path of a further program. */
	readonly pathOf: (program: string) => string;
}

/** Writes a file of a launcher's configuration, and gives its path. */
export function write({ folder }: Job, name: string, text: string): string {
	const file = join(folder, name);
	writeFileSync(file, text);
	return file;
}

/** Writes the variables as a dotenv file. */
export function writeDotenv(job: Job): string {
	return write(job, ".env", job.variables.map(({ name, value }) => `${name}=${value}\n`).join(""));
}

/** The variables by the secret that they come of. */
export function bySecret({ variables }: Job): ReadonlyMap<string, readonly Variable[]> {
	return Map.groupBy(variables, ({ secret }) => secret);
}

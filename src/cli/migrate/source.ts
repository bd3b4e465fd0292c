import { type Assignment, parseAssignments } from "../../backends/env/dotenv.ts";
import type { Host } from "../host.ts";
import { loadSourceFile, type SourceFile } from "../source-file.ts";

/** The variables to move. */
export interface Source {
	/** How messages name it. */
	readonly name: string;
	readonly values: ReadonlyMap<string, string>;
	/** What they were read from, where that is a file. */
	readonly file?: SourceFile<DotenvText>;
}

export interface DotenvText {
	readonly text: string;
	readonly assignments: readonly Assignment[];
}

/** The word that stands for the process environment. */
const ENVIRONMENT = "env";

/**
 * Reads a dotenv file, or takes the environment of this process.
 * @throws {DstaError} DSTA_FILE_NOT_FOUND there is none · DSTA_CONFIG it cannot be read or is no dotenv file
 */
export async function loadSource(from: string, { cwd, env }: Pick<Host, "cwd" | "env">): Promise<Source> {
	if (from === ENVIRONMENT) {
		const given = Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined);
		return { name: "the environment", values: new Map(given) };
	}
	const file = await loadSourceFile(from, cwd, (text, name) => ({
		text,
		assignments: parseAssignments(text, name),
	}));
	// Of several lines for one variable the last counts.
	const values = new Map(file.content.assignments.map(({ name, value }) => [name, value]));
	return { name: from, values, file };
}

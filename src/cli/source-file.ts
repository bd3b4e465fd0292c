import { isAbsolute, join } from "node:path";
import { loadText } from "../backends/env/env-file.ts";
import { DstaError } from "../errors.ts";
import { isMissing } from "./is-missing.ts";

/** A file that --from names, and what was made of it. */
export interface SourceFile<Content> {
	readonly path: string;
	readonly content: Content;
}

/**
 * Reads the file that --from names, or a pipe.
 * @throws {DstaError} DSTA_FILE_NOT_FOUND there is none · DSTA_CONFIG it cannot be read · as `parse`
 */
export async function loadSourceFile<Content>(
	from: string,
	cwd: string,
	parse: (text: string, name: string) => Content,
): Promise<SourceFile<Content>> {
	const path = isAbsolute(from) ? from : join(cwd, from);
	if (isMissing(path))
		throw new DstaError("DSTA_FILE_NOT_FOUND", `${from} does not exist in ${cwd}`, {
			cure: "Name the file to read with --from: a .env, or for init the configuration of another tool.",
		});
	const cure = "Name a UTF-8 text file with --from.";
	return { path, content: await loadText(path, { name: from, cure, parse }) };
}

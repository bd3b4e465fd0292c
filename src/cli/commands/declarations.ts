import { declareEnvironment } from "../declaration.ts";
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";
import { replaceFile } from "../output-file.ts";
import { loadMap } from "../session.ts";

/**
 * Prints what TypeScript is to know of the variables of a map. Nobody is asked.
 * @throws {DstaError} DSTA_USAGE, DSTA_OUTPUT the file cannot be written · as `loadMap`
 */
export async function types({ options }: CommandLine, { cwd }: Host): Promise<CommandResult> {
	const text = declareEnvironment(await loadMap(options.map, cwd));
	if (options.output === undefined) return { status: 0, output: text };
	replaceFile({ file: options.output, cwd, mode: 0o666 }, text);
	return { status: 0 };
}

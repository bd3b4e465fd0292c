import { policy } from "../../src/cli/commands/policy.ts";
import { runHere } from "../cli/in-process.ts";
import { folderWith } from "../process/launch.ts";

export interface Printed {
	readonly stdout: string;
	readonly stderr: string;
}

/** What `dsta-run policy` prints for a map, which it does with status 0. */
export async function printPolicy(
	map: string,
	args: readonly string[],
	env: NodeJS.ProcessEnv = {},
): Promise<Printed> {
	const { status, ...printed } = await runHere(policy, ["policy", ...args], { cwd: folderWith(map), env });
	if (status !== 0) throw new Error(`status ${status}: ${printed.stderr}`);
	return printed;
}

/** The paths that the text of a policy of Vault allows, with the words of each. */
export function stanzasOf(text: string): Readonly<Record<string, string>> {
	const stanzas = [...text.matchAll(STANZA)];
	return Object.fromEntries(
		stanzas.map(([, path, words]) => [JSON.parse(path as string), (words as string).replaceAll('"', "")]),
	);
}

/** A stanza at the beginning of a line, so that none is one that is commented out. */
export const STANZA: RegExp = /^path ("(?:[^"\\]|\\.)*") \{\n {2}capabilities = \[(.*)\]\n\}\n/gm;

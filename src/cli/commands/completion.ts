import { BASH } from "../completion/bash.ts";
import { type Completion, complete } from "../completion/complete.ts";
import { FISH } from "../completion/fish.ts";
import { loadNames } from "../completion/names.ts";
import { ZSH } from "../completion/zsh.ts";
import type { CommandResult, Host } from "../host.ts";
import { usage } from "../mistakes.ts";
import type { CommandLine } from "../options.ts";

const SCRIPTS: Readonly<Record<string, string | undefined>> = { bash: BASH, zsh: ZSH, fish: FISH };

/**
 * Prints the script that completes the command line in a shell, or what the script asks for: what may stand in the place of the
 * last of some words. Nobody is asked.
 * @throws {DstaError} DSTA_USAGE there is no such shell
 */
export async function completion(
	{ command, operands: [shell = ""] }: CommandLine,
	{ cwd, env }: Host,
): Promise<CommandResult> {
	if (shell === "words") {
		const load = (map: string | undefined) => loadNames(map ?? (env.DSTA_MAP || undefined), cwd);
		return { status: 0, output: toLines(await complete(command, load)) };
	}
	const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
	if (script !== undefined) return { status: 0, output: script };
	throw usage("dsta-run completion is for one of bash, zsh and fish", "Write: dsta-run completion bash");
}

/** What the scripts read: a line for each word, with what it is behind a tab, or one line that begins with a colon. */
function toLines(found: Completion): string {
	if (found.kind === "command") return `:command ${found.at}\n`;
	if (found.kind !== "words") return `:${found.kind}\n`;
	return found.words.map(({ about, text }) => `${text}\t${about}\n`).join("");
}

import { type BesideOptions, runBeside } from "../../launch/beside.ts";
import type { Words } from "../../map/secret-map.ts";

/** How long a hook may take. */
const TIMEOUT_MS = 30_000;

/** Runs a command that is to follow a change. Answers what went wrong, in words that follow its name. */
export async function runHook(
	words: Words,
	{ env, own, signal }: Pick<BesideOptions, "env" | "own" | "signal">,
): Promise<string | undefined> {
	const limit = AbortSignal.timeout(TIMEOUT_MS);
	const options = { env, own, output: "standard error", signal: AbortSignal.any([limit, signal]) } as const;
	const { code, exitCode, signal: killedBy } = await runBeside(words, options);
	if (code !== undefined) return `cannot be executed: ${code}`;
	if (limit.aborted) return `did not end within ${TIMEOUT_MS / 1000} s and was killed`;
	if (killedBy !== undefined) return `died of signal ${killedBy}`;
	return exitCode === 0 ? undefined : `ended with status ${exitCode}`;
}

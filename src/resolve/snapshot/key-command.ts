import { outputOf, ProgramFailure } from "../../backends/program-output.ts";
import { DstaError } from "../../errors.ts";
import type { KeyContext } from "./key.ts";

/** So long a keyring may take; it is asked while the backends are. */
const TIMEOUT_MS = 10_000;

/**
 * What a command prints that knows a key. It is started without a shell.
 * @throws {DstaError} DSTA_CONFIG it cannot be started, fails, or is not done in time
 */
export async function printKey(words: readonly string[], context: KeyContext): Promise<Buffer> {
	const signal = AbortSignal.timeout(TIMEOUT_MS);
	try {
		return await outputOf(words, { ...context, signal, stderr: "ignore" });
	} catch (error) {
		if (!(error instanceof ProgramFailure)) throw error;
		// What it has printed may be the key, so that nothing of it is shown.
		const message = `The snapshot has no key: ${words[0]} was to print it, and ${error.message}`;
		throw new DstaError("DSTA_CONFIG", message, {
			cure: "Run what snapshot.key.command says as this user, and see what it prints.",
		});
	}
}

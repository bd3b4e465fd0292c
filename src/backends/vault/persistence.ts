import { DstaError } from "../../errors.ts";
import type { BackendContext } from "../backend.ts";

/** How long a server is asked the same again. */
export interface Persistence {
	/** How many times after the first attempt. */
	readonly retries: number;
	/** What one attempt may take; `undefined`: half of the time that is left, while another may follow. */
	readonly attemptTimeoutMs: number | undefined;
}

const DEFAULT_RETRIES = 2;
const MAX_RETRIES = 10;

/**
 * Reads it from the environment, as the vault command does, and the map.
 * @throws {DstaError} DSTA_CONFIG the number of retries is none
 */
export function readPersistence({ env, settings }: BackendContext): Persistence {
	const { attemptTimeoutMs, retries = DEFAULT_RETRIES } = settings;
	const variable = ["VAULT_MAX_RETRIES", "BAO_MAX_RETRIES"].find((name) => env[name]);
	return {
		retries: variable === undefined ? Number(retries) : toRetries(env[variable] as string, variable),
		attemptTimeoutMs: attemptTimeoutMs === undefined ? undefined : Number(attemptTimeoutMs),
	};
}

function toRetries(text: string, variable: string): number {
	// Below zero means none to the vault command.
	if (/^\s*[+-]?\d+\s*$/.test(text)) return Math.min(MAX_RETRIES, Math.max(0, Number(text)));
	throw new DstaError("DSTA_CONFIG", `${variable} is no whole number`, {
		backend: "vault",
		cure: `Set ${variable} to how many times a read may be made again (0 for none), or unset it.`,
	});
}

import { DstaError } from "../../errors.ts";
import type { BackendContext } from "../backend.ts";

/** Credentials as the environment gives them. */
export interface StaticKeys {
	readonly accessKeyId: string;
	readonly secretAccessKey: string;
	readonly sessionToken?: string;
}

/** The keys in the environment; `undefined` when there are none. Files and templates often leave a newline at their end. */
export function staticKeys(env: BackendContext["env"]): StaticKeys | undefined {
	const accessKeyId = env.AWS_ACCESS_KEY_ID?.trim();
	const secretAccessKey = env.AWS_SECRET_ACCESS_KEY?.trim();
	const sessionToken = env.AWS_SESSION_TOKEN?.trim();
	if (!accessKeyId || !secretAccessKey) return undefined;
	return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

/**
 * Makes sure that nobody gives half of the keys: the SDK would pass them over and take whatever else it finds.
 * @throws {DstaError} DSTA_CONFIG one of the two is missing
 */
export function checkStaticKeys(env: BackendContext["env"]): void {
	const names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
	const missing = names.filter((name) => !env[name]?.trim());
	if (missing.length !== 1) return;
	const [present] = names.filter((name) => !missing.includes(name));
	throw new DstaError("DSTA_CONFIG", `${present} is set and ${missing[0]} is not`, {
		backend: "aws",
		cure: `Set ${missing[0]} as well, or unset ${present}.`,
	});
}

import { failureOf } from "./failure.ts";
import type { Session } from "./session.ts";

/**
 * Asks who we are, which every valid token may.
 * @throws {DstaError} DSTA_DENIED, DSTA_UNAVAILABLE, DSTA_TIMEOUT or DSTA_CONFIG
 */
export async function checkToken({ ask, login, settings }: Session, signal: AbortSignal): Promise<void> {
	const { namespace } = login ?? settings;
	const apiPath = "auth/token/lookup-self";
	const target = { settings, apiPath, path: apiPath, capability: "read" } as const;
	const response = await ask(target, { method: "GET", path: apiPath, namespace, signal });
	if (response.status !== 200 || response.body === undefined) throw failureOf(response, target);
}

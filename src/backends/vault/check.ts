import { isObject } from "../select.ts";
import { failureOf, type Target } from "./failure.ts";
import type { Metadata } from "./metadata.ts";
import type { Session } from "./session.ts";

/**
 * Asks who we are, which every valid token may.
 * @throws {DstaError} DSTA_DENIED, DSTA_UNAVAILABLE, DSTA_TIMEOUT or DSTA_CONFIG
 */
export async function checkToken(session: Session, signal: AbortSignal): Promise<void> {
	await lookUpToken(session, signal);
}

/**
 * What Vault knows of the token in use.
 * @throws {DstaError} as `checkToken`
 */
export async function lookUpToken({ ask, login, settings }: Session, signal: AbortSignal): Promise<Metadata> {
	const { namespace } = login ?? settings;
	const apiPath = "auth/token/lookup-self";
	const target: Target = { settings, apiPath, path: apiPath, capability: "read" };
	const response = await ask(target, { method: "GET", path: apiPath, namespace, signal });
	const data = response.body?.data;
	if (response.status !== 200 || response.body === undefined) throw failureOf(response, target);
	return isObject(data) ? data : {};
}

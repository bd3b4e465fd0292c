import type { SecretValue } from "../backend.ts";
import { isObject } from "../select.ts";
import { encodePath, kvPath } from "./api-path.ts";
import { errorsOf } from "./client.ts";
import { failureOf, type Target } from "./failure.ts";
import { findEngine } from "./read.ts";
import type { Session } from "./session.ts";

/** What an engine of version 2 keeps of a secret beside its data. */
export type Metadata = { readonly [key: string]: SecretValue };

/**
 * Where the metadata of a secret lies; `undefined`: the engine has version 1 and keeps none.
 * @throws {DstaError} as `findEngine`
 */
export async function findMetadata(
	session: Session,
	secret: string,
	signal: AbortSignal,
): Promise<Target | undefined> {
	const { settings } = session;
	const kv = await findEngine(session, { settings, secret, path: secret, signal });
	if (kv === 1) return undefined;
	const apiPath = kvPath(settings.mount, "metadata", secret);
	return { settings, apiPath, path: secret, capability: "read" };
}

/**
 * Reads metadata; `undefined`: there is no such secret.
 * @throws {DstaError} DSTA_DENIED, DSTA_UNAVAILABLE, DSTA_TIMEOUT or DSTA_CONFIG
 */
export async function readMetadata(
	session: Session,
	target: Target,
	signal: AbortSignal,
): Promise<Metadata | undefined> {
	const response = await session.ask(target, {
		method: "GET",
		path: encodePath(target.apiPath),
		namespace: target.settings.namespace,
		signal,
	});
	const data = response.body?.data;
	if (response.status === 200 && isObject(data)) return data;
	if (response.status === 404 && errorsOf(response)?.length === 0) return undefined;
	throw failureOf(response, target);
}

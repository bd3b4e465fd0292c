import { encodePath, kvPath } from "./api-path.ts";
import { failureOf, type Target } from "./failure.ts";
import { findEngine } from "./read.ts";
import type { Session } from "./session.ts";

/**
 * Lists a folder, by names relative to the mount; a folder below it ends in `/`.
 * @throws {DstaError} DSTA_DENIED, DSTA_UNAVAILABLE, DSTA_TIMEOUT or DSTA_CONFIG
 */
export async function listSecrets(
	session: Session,
	folder: string,
	signal: AbortSignal,
): Promise<readonly string[]> {
	const { settings } = session;
	const kv = await findEngine(session, { settings, secret: folder, path: folder, signal });
	const apiPath = kvPath(settings.mount, kv === 2 ? "metadata" : "", folder);
	const target: Target = { settings, apiPath, path: folder, capability: "list" };
	const response = await session.ask(target, {
		// The same as LIST, a method that not every HTTP client and proxy knows.
		method: "GET",
		path: `${encodePath(apiPath)}?list=true`,
		namespace: settings.namespace,
		signal,
	});
	const keys = (response.body?.data as { keys?: unknown } | undefined)?.keys;
	const below = folder === "" ? "" : `${folder}/`;
	if (response.status === 200 && Array.isArray(keys)) return keys.map((key) => `${below}${key}`).sort();
	if (response.status === 404 && (response.body?.errors as unknown[] | undefined)?.length === 0) return [];
	throw failureOf(response, target);
}

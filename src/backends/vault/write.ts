import { DstaError } from "../../errors.ts";
import type { Written } from "../backend.ts";
import { checkOverwrite } from "../overwrite.ts";
import { isObject } from "../select.ts";
import { checkUnchanged } from "../unchanged.ts";
import { pauseAfter, WRITE_ATTEMPTS } from "../write-attempts.ts";
import type { WriteRequest } from "../writing.ts";
import { encodePath, kvPath } from "./api-path.ts";
import { errorsOf } from "./client.ts";
import { failureOf, type Target } from "./failure.ts";
import { versionText } from "./kv.ts";
import { findEngine, readState, type SecretRequest } from "./read.ts";
import type { Session } from "./session.ts";
import { timeoutFailure } from "./unavailable.ts";

/**
 * Writes fields of a secret. In version 2 of the engine a write names the version that it was made from (check-and-set),
 * so that a change made by somebody else in between is merged into and never lost.
 * Version 1 has nothing of the kind: what is written between our reading and our writing is lost there.
 * @throws {DstaError} DSTA_CONFLICT somebody else keeps changing it, or it may not be overwritten · as `readSecret`
 */
export async function writeSecret(session: Session, request: WriteRequest): Promise<Written> {
	const { settings } = session;
	const { secret, signal } = request;
	const reading: SecretRequest = { settings, secret, path: secret, signal };
	const kv = await findEngine(session, reading);
	const apiPath = kvPath(settings.mount, kv === 2 ? "data" : "", secret);
	const target: Target = { settings, apiPath, path: secret, capability: "update" };

	for (let attempt = 1; attempt <= WRITE_ATTEMPTS; attempt++) {
		const current = await readState(session, reading, kv);
		const stored = isObject(current.content) ? current.content : {};
		const kept = request.replace ? {} : stored;
		checkUnchanged(stored, { backend: "vault", ...request });
		checkOverwrite(kept, { backend: "vault", ...request });
		const content = { ...kept, ...Object.fromEntries(request.fields) };
		const cas = kv === 2 ? Number(current.version) || 0 : undefined;
		const response = await session.ask(target, {
			method: "POST",
			path: encodePath(apiPath),
			namespace: settings.namespace,
			body: cas === undefined ? content : { options: { cas }, data: content },
			signal,
		});
		if (response.status === 200 || response.status === 204) {
			const data = response.body?.data;
			return {
				location: apiPath,
				version: isObject(data) ? versionText(data.version) : undefined,
				created: current.content === undefined,
				fields: Object.keys(content).sort(),
			};
		}
		const isStale =
			response.status === 400 && errorsOf(response)?.some((error) => /check-and-set/i.test(error));
		if (!isStale) throw failureOf(response, target);
		await pauseAfter(attempt, signal).catch(() => {
			throw timeoutFailure(target, undefined);
		});
	}
	throw new DstaError(
		"DSTA_CONFLICT",
		`${apiPath} changed ${WRITE_ATTEMPTS} times while it was being written`,
		{
			backend: "vault",
			path: secret,
			cure: "Nothing was written. Find out who else writes this secret, then try again.",
		},
	);
}

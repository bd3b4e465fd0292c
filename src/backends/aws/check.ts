import { AwsFault } from "./fault.ts";
import type { Session } from "./session.ts";

/**
 * Asks for a secret that nobody has: the answer that there is none shows that AWS took the credentials, and so does a policy's
 * refusal.
 * @throws {DstaError} DSTA_DENIED, DSTA_UNAVAILABLE, DSTA_TIMEOUT or DSTA_CONFIG
 */
export async function checkAccess(session: Session, signal: AbortSignal): Promise<void> {
	const id = `${session.settings.prefix}health/check`;
	try {
		const client = await session.client();
		await client.get({ SecretId: id }, signal);
	} catch (error) {
		if (error instanceof AwsFault && ["absent", "deleted", "forbidden", "undecryptable"].includes(error.kind))
			return;
		throw await session.failure(error, { action: "GetSecretValue", id });
	}
}

import type { Observation, ReadRequest } from "../../backend.ts";
import { findEngine } from "../read.ts";
import type { Session } from "../session.ts";
import { isRaw, overrideSettings } from "../settings.ts";

/**
 * The version of each KV engine that a map asks.
 * @throws {DstaError} as `findEngine`
 */
export async function observeEngines(
	requests: readonly ReadRequest[],
	session: Session,
	signal: AbortSignal,
): Promise<readonly Observation[]> {
	const placed = requests
		.filter(({ overrides }) => !isRaw(overrides))
		.map(({ overrides, path }) => ({ path, settings: overrideSettings(session.settings, overrides) }));
	const first = new Map(
		placed.map((one) => [`${one.settings.namespace}\n${one.settings.mount}`, one] as const),
	);
	return Promise.all(
		[...first.values()].map(async ({ path, settings }): Promise<Observation> => {
			const { kv, mount } = settings;
			const question = { settings, secret: path.secret, path: path.text, signal };
			const version = await findEngine(session, question);
			const origin = kv === "auto" ? "" : ", as the map says";
			return { severity: "ok", message: `${mount}/ is taken for KV version ${version}${origin}` };
		}),
	);
}

import type { Observation, ReadRequest } from "../../backend.ts";
import { errorsOf } from "../client.ts";
import { failureOf, type Target } from "../failure.ts";
import type { Session } from "../session.ts";
import { overrideSettings } from "../settings.ts";

/**
 * Whether the namespaces that a map asks in exist, as far as the server tells.
 * @throws {DstaError} DSTA_CONFIG one does not · DSTA_UNAVAILABLE or DSTA_TIMEOUT
 */
export async function observeNamespaces(
	requests: readonly ReadRequest[],
	session: Session,
	signal: AbortSignal,
): Promise<readonly Observation[]> {
	const all = requests.map(({ overrides }) => overrideSettings(session.settings, overrides));
	const places = new Map([session.settings, ...all].map((settings) => [settings.namespace, settings]));
	return Promise.all(
		[...places.values()].map(async (settings): Promise<Observation> => {
			const { namespace } = settings;
			if (namespace === "") return { severity: "ok", message: "no namespace is used" };
			const apiPath = "sys/internal/ui/mounts";
			const target: Target = { settings, apiPath, path: apiPath, capability: "read" };
			const response = await session.ask(target, { method: "GET", path: apiPath, namespace, signal });
			if (errorsOf(response)?.some((error) => /namespace not found/i.test(error)))
				throw failureOf(response, target);
			return response.status === 200
				? { severity: "ok", message: `namespace ${namespace} is there` }
				: { severity: "info", message: `whether namespace ${namespace} exists, Vault does not say` };
		}),
	);
}

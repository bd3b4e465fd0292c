import type { Observation, ReadRequest } from "../../backend.ts";
import { isObject } from "../../select.ts";
import { encodePath, kvPath } from "../api-path.ts";
import { failureOf, inNamespace, type Target } from "../failure.ts";
import { findEngine, type SecretRequest } from "../read.ts";
import type { Session } from "../session.ts";
import { isRaw, overrideSettings, tokenPlace, vaultCommand } from "../settings.ts";

/**
 * The version of each KV engine that a map asks, or that the token sees none there.
 * @throws {DstaError} as `findEngine`
 */
export async function observeEngines(
	requests: readonly ReadRequest[],
	session: Session,
	signal: AbortSignal,
): Promise<readonly Observation[]> {
	const engines = await seenEngines(requests, session, signal);
	const first = new Map(
		requests
			.filter(({ overrides }) => !isRaw(overrides))
			.map((request) => ({ request, settings: overrideSettings(session.settings, request.overrides) }))
			.map((one) => [`${one.settings.namespace}\n${one.settings.mount}`, one] as const),
	);
	return Promise.all(
		[...first.values()].map(async ({ request, settings }): Promise<Observation> => {
			const { path } = request;
			const question = { settings, secret: path.secret, path: path.text, signal };
			const seen = kvEngines(engines.get(settings.namespace));
			if (!isSeen(request, session, engines)) return describeUnseen(question, session, seen);
			const { kv, mount } = settings;
			const version = await findEngine(session, question);
			const origin = kv === "auto" ? "" : ", as the map says";
			// Where nobody sees it, that is no more than where it is looked for.
			const severity = seen.some((name) => `${mount}/`.startsWith(name)) ? "ok" : "info";
			return { severity, message: `${mount}/ is taken for KV version ${version}${origin}` };
		}),
	);
}

/** The engines that the token may do something in, with their slash, and the type of each, per namespace; none where Vault does not say. */
export type Engines = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/**
 * Asks which engines the token sees in the namespaces of a map.
 * @throws {DstaError} DSTA_UNAVAILABLE or DSTA_TIMEOUT
 */
export async function seenEngines(
	requests: readonly ReadRequest[],
	session: Session,
	signal: AbortSignal,
): Promise<Engines> {
	const all = requests.map(({ overrides }) => overrideSettings(session.settings, overrides));
	const places = new Map(all.map((settings) => [settings.namespace, settings]));
	const apiPath = "sys/internal/ui/mounts";
	return new Map(
		await Promise.all(
			[...places].map(async ([namespace, settings]) => {
				const target: Target = { settings, apiPath, path: apiPath, capability: "read" };
				const { body } = await session.ask(target, { method: "GET", path: apiPath, namespace, signal });
				const mounts = isObject(body?.data) ? body.data.secret : undefined;
				const types = Object.entries(isObject(mounts) ? mounts : {}).map(
					([name, mount]) => [name, isObject(mount) ? mount.type : undefined] as const,
				);
				return [namespace, new Map(types)] as const;
			}),
		),
	);
}

/** Whether the engine of a request is one that the token sees, as far as anybody knows. */
export function isSeen({ overrides }: ReadRequest, { settings }: Session, engines: Engines): boolean {
	if (isRaw(overrides)) return true;
	const { mount, namespace } = overrideSettings(settings, overrides);
	const seen = engines.get(namespace);
	return (
		kvEngines(seen).length === 0 || [...(seen?.keys() ?? [])].some((name) => `${mount}/`.startsWith(name))
	);
}

// Every token sees some others.
function kvEngines(seen: ReadonlyMap<string, unknown> = new Map()): readonly string[] {
	return [...seen].filter(([, type]) => type === "kv" || type === "generic").map(([name]) => name);
}

// OpenBao answers alike where an engine does not exist and where the token may do nothing in it, but to a token that may do all.
async function describeUnseen(
	{ path, secret, settings, signal }: SecretRequest,
	session: Session,
	seen: readonly string[],
): Promise<Observation> {
	const { mount, namespace } = settings;
	const apiPath = kvPath(mount, "data", secret);
	const target: Target = { settings, apiPath, path, capability: "read" };
	const response = await session.ask(target, { method: "GET", path: encodePath(apiPath), namespace, signal });
	const { code, cure, message } = failureOf(response, target);
	if (code !== "DSTA_DENIED") return { severity: "error", message, cure, code };
	return {
		severity: "error",
		message: `the token sees no secrets engine at ${mount}/${inNamespace(settings)}, but one at ${seen.join(" and ")}`,
		cure: `If that is the one, set vault.mount in the map to it (mount, where an entry has its own). Otherwise see that ${mount}/ exists (${vaultCommand(settings)} secrets list), and give the token's policy what the map needs: dsta-run policy vault | ${vaultCommand(tokenPlace(session.settings))} policy write dsta-policy -`,
		code,
	};
}

import { type EnvFile, type EnvFileChoice, openEnvFile } from "../backends/env/env-file.ts";
import { BACKEND_NAMES, type BackendName } from "../backends/registry.ts";
import { type Entry, isWildcard, type SecretMap, sourcesOf } from "../map/secret-map.ts";
import { type Backends, type BackendsOptions, createBackends } from "./backends.ts";
import { DEFAULT_BACKEND_TIMEOUT_MS, DEFAULT_TIMEOUT_MS } from "./chain.ts";
import type { Resolution, ResolveOptions } from "./resolve.ts";
import type { Filling } from "./templates.ts";

/** What a map is resolved with; an option beats what the map says. */
export interface PrepareOptions
	extends Omit<BackendsOptions, "envFile" | "named" | "paths" | "settings">,
		Pick<ResolveOptions, "backend" | "onDefault" | "onPassedOver" | "signal"> {
	/** The dotenv file, as `openEnvFile` takes it. */
	readonly envFile?: EnvFileChoice["named"];
	readonly strict?: boolean | undefined;
	readonly timeoutMs?: number | undefined;
}

/** A map together with the backends and the policy to resolve it with. */
export interface PreparedMap {
	readonly backends: Backends;
	readonly envFile: EnvFile | undefined;
	readonly resolveOptions: ResolveOptions;
}

/**
 * Prepares the backends of a map; nobody is asked yet.
 * @throws {DstaError} DSTA_FILE_NOT_FOUND there is no env file of the given name
 */
export function prepareMap(map: SecretMap, options: PrepareOptions): PreparedMap {
	const { backend, envFile: named, onDefault, onPassedOver, signal, strict, timeoutMs, ...context } = options;
	const { entries, templates = [] } = map;
	const fromMap = map.backends.env?.file as string | undefined;
	const envFile = openEnvFile({ named, fromMap, cwd: context.cwd });
	const backends = createBackends({
		...context,
		envFile,
		paths: [...entries, ...sourcesOf(templates)].map(({ path }) => path),
		settings: map.backends,
		named: new Set([backend ?? "", ...entries.flatMap(({ backends }) => Object.keys(backends ?? {}))]),
	});
	const names = entries.filter((entry) => !isWildcard(entry)).flatMap((entry) => entry.names);
	return {
		backends,
		envFile,
		resolveOptions: {
			backends,
			chain: (map.chain as readonly BackendName[] | undefined) ?? BACKEND_NAMES,
			backend,
			strict: strict ?? map.strict ?? false,
			on: map.on,
			named: new Set([...names, ...templates.map(({ name }) => name)]),
			timeoutMs: timeoutMs ?? map.timeoutMs ?? DEFAULT_TIMEOUT_MS,
			backendTimeoutMs: (name) => Number(map.backends[name]?.timeoutMs ?? DEFAULT_BACKEND_TIMEOUT_MS),
			onPassedOver,
			onDefault,
			signal,
		},
	};
}

/** Resolves entries and templates of a map, and asks for what they share once. */
export async function resolveLines(
	{ entries, templates = [] }: Pick<SecretMap, "entries" | "templates">,
	resolve: (entries: readonly Entry[]) => Promise<readonly Resolution[]>,
): Promise<readonly (Resolution | Filling)[]> {
	if (templates.length === 0) return resolve(entries);
	const resolutions = await resolve([...new Set([...entries, ...sourcesOf(templates)])]);
	const { fillTemplates } = await import("./templates.ts");
	return [...resolutions.slice(0, entries.length), ...fillTemplates(templates, resolutions)];
}

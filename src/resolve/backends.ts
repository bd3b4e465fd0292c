import type { Backend, BackendContext } from "../backends/backend.ts";
import { BACKENDS, type BackendName } from "../backends/registry.ts";
import type { BackendSettings } from "../map/secret-map.ts";

/** The backends of one run: each is loaded and made when it is first asked for. */
export interface Backends {
	/**
	 * The backend of a name; `undefined` when nothing configures it.
	 * @throws {DstaError} DSTA_CONFIG, DSTA_FILE_NOT_FOUND its settings are wrong
	 */
	get(name: BackendName): Promise<Backend | undefined>;
	/** Lets go of all connections. */
	close(): void;
}

export interface BackendsOptions extends Omit<BackendContext, "settings" | "isNamed"> {
	/** The map's settings per backend name. */
	readonly settings: Readonly<Record<string, BackendSettings>>;
	/** Backends that the user names elsewhere: by an option, or by settings of an entry. */
	readonly named: ReadonlySet<string>;
}

/** Makes the set; nothing is loaded yet. */
export function createBackends(options: BackendsOptions): Backends {
	const { settings, named, ...context } = options;
	const made = new Map<BackendName, Promise<Backend | undefined>>();
	async function make(name: BackendName): Promise<Backend | undefined> {
		const createBackend = await BACKENDS[name]();
		const own = settings[name];
		return createBackend({ ...context, settings: own ?? {}, isNamed: own !== undefined || named.has(name) });
	}
	return {
		get(name) {
			const backend = made.get(name) ?? make(name);
			made.set(name, backend);
			return backend;
		},
		close() {
			for (const backend of made.values())
				backend.then(
					(open) => open?.close(),
					() => undefined,
				);
		},
	};
}

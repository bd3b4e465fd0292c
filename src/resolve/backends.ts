import type { Backend, BackendContext, Lease, LeaseNews } from "../backends/backend.ts";
import type { TimedSignal } from "../backends/deadline.ts";
import { BACKENDS, type BackendName } from "../backends/registry.ts";
import { now } from "../clock.ts";
import type { BackendSettings } from "../map/secret-map.ts";

/** The backends of one run: each is loaded and made when it is first asked for. */
export interface Backends {
	/**
	 * The backend of a name; `undefined` when nothing configures it.
	 * @throws {DstaError} DSTA_CONFIG, DSTA_FILE_NOT_FOUND its settings are wrong
	 */
	get(name: BackendName): Promise<Backend | undefined>;
	/** The leases of what the backends have lent for this run. */
	leases(): Promise<readonly Lease[]>;
	/** Keeps them alive until `release`, those to come included, and tells of those that cannot be kept. To be called once. */
	keepAlive(onNews: (news: LeaseNews) => void): Promise<void>;
	/** Lets go of all connections by which nothing is to be given back. */
	close(): void;
	/** Lets go of all connections, and leaves what was obtained to its own end. */
	abandon(): Promise<void>;
	/** Gives back what was obtained for this run, as far as that takes no longer than two seconds, and lets go of all connections. */
	release(): Promise<void>;
}

export interface BackendsOptions extends Omit<BackendContext, "settings" | "isNamed"> {
	/** The map's settings per backend name. */
	readonly settings: Readonly<Record<string, BackendSettings>>;
	/** Backends that the user names elsewhere: by an option, or by settings of an entry. */
	readonly named: ReadonlySet<string>;
}

/** So long a server has to take something back, and so long a backend to say that it has not: nobody's end waits longer. */
const RELEASE_MS = 1800;
const GRACE_MS = 200;

/** Makes the set; nothing is loaded yet. */
export function createBackends(options: BackendsOptions): Backends {
	const { settings, named, ...context } = options;
	const made = new Map<BackendName, Promise<Backend | undefined>>();
	let onNews: ((news: LeaseNews) => void) | undefined;
	async function make(name: BackendName): Promise<Backend | undefined> {
		const createBackend = await BACKENDS[name]();
		const own = settings[name];
		const isNamed = own !== undefined || named.has(name);
		const backend = createBackend({
			...context,
			log: (level, message, about) => context.log(level, message, { backend: name, ...about }),
			settings: own ?? {},
			isNamed,
		});
		if (onNews !== undefined) await backend?.keepAlive?.(onNews);
		return backend;
	}
	async function open(): Promise<readonly Backend[]> {
		const settled = await Promise.allSettled(made.values());
		return settled.flatMap((one) => (one.status === "fulfilled" ? (one.value ?? []) : []));
	}
	return {
		get(name) {
			const backend = made.get(name) ?? make(name);
			made.set(name, backend);
			return backend;
		},
		leases: async () => (await open()).flatMap((backend) => backend.leases?.() ?? []),
		async keepAlive(hear) {
			const opened = await open();
			onNews = hear;
			await Promise.all(opened.map((backend) => backend.keepAlive?.(hear)));
		},
		close() {
			for (const backend of made.values())
				backend.then(
					(open) => open?.release ?? open?.close(),
					() => undefined,
				);
		},
		async abandon() {
			const opened = open();
			made.clear();
			for (const backend of await opened) backend.close();
		},
		async release() {
			const opened = open();
			made.clear();
			await releaseAll(await opened);
		},
	};
}

/** Has backends give back what they have obtained, for two seconds at most, and closes them. */
export async function releaseAll(backends: readonly Backend[]): Promise<void> {
	await releaseInTime(backends.filter(({ release }) => release !== undefined));
	for (const backend of backends) backend.close();
}

async function releaseInTime(backends: readonly Backend[]): Promise<void> {
	if (backends.length === 0) return;
	const controller = new AbortController();
	const signal: TimedSignal = controller.signal;
	signal.endsAt = now() + RELEASE_MS;
	const { promise: tooLate, resolve: giveUp } = Promise.withResolvers<void>();
	// Not left to the signal alone: a backend may not stop by itself. One that does has a moment to say so.
	const timer = setTimeout(() => {
		controller.abort();
		setTimeout(giveUp, GRACE_MS);
	}, RELEASE_MS);
	await Promise.race([tooLate, Promise.allSettled(backends.map(async (one) => one.release?.(signal)))]);
	clearTimeout(timer);
}

import type { Backend, Found, ReadRequest } from "../backends/backend.ts";
import type { BackendName } from "../backends/registry.ts";
import { DstaError } from "../errors.ts";
import type { Entry } from "../map/secret-map.ts";
import type { Backends } from "./backends.ts";
import { type PolicyOptions, reactionTo } from "./policy.ts";

/** The deadline of a whole resolution, where nobody sets one. */
export const DEFAULT_TIMEOUT_MS = 30_000;

/** What one backend may take, where nobody says. */
export const DEFAULT_BACKEND_TIMEOUT_MS = 10_000;

/** What one backend had to say about one entry. */
export interface Attempt {
	readonly backend: BackendName;
	readonly outcome: "found" | "absent" | "failed" | "not configured" | "not asked";
	/** Where it looked or what went wrong; never a value. */
	readonly detail: string;
	readonly durationMs: number;
	readonly version?: string | undefined;
	readonly error?: DstaError;
	/** What the backend advises where it does not have the secret. */
	readonly advice?: string;
}

/** An entry's way through its chain. */
export interface Trace {
	readonly entry: Entry;
	readonly attempts: readonly Attempt[];
	/** What was found, and the backend that had it. */
	readonly found?: Found | undefined;
	readonly backend?: BackendName | undefined;
	/** The failure that ended the way. */
	readonly stopped?: DstaError | undefined;
}

export interface ChainOptions extends PolicyOptions {
	readonly backends: Backends;
	/** The chain of an entry that names none. */
	readonly chain: readonly BackendName[];
	/** The only backend to ask, whatever map and entries say. */
	readonly backend?: BackendName | undefined;
	/** The deadline of the whole resolution. */
	readonly timeoutMs: number;
	/** What each backend may take at most. */
	readonly backendTimeoutMs: (name: BackendName) => number;
	/** Hears of each backend that was passed over, once, with the number of entries that go on to the next. */
	readonly onPassedOver: (error: DstaError, entries: number) => void;
	readonly signal?: AbortSignal | undefined;
}

/**
 * Asks backends for all entries at once: first each entry's first backend, then for what is left the next,
 * so that every backend sees in one turn all that is asked of it and can share requests.
 */
export async function askChain(entries: readonly Entry[], options: ChainOptions): Promise<readonly Trace[]> {
	const walk: Walk = {
		options,
		deadline: performance.now() + options.timeoutMs,
		down: new Map(),
		warned: new Set(),
	};
	const travellers = entries.map(
		(entry): Traveller => ({ entry, chain: chainOf(entry, options), attempts: [] }),
	);
	let underWay = travellers;
	while (underWay.length > 0) {
		const groups = Map.groupBy(underWay, nextBackend);
		await Promise.all([...groups].map(([name, group]) => askBackend(name, group, walk)));
		underWay = underWay.filter((traveller) => !isDone(traveller));
	}
	return travellers.map(({ entry, attempts, found, backend, stopped, chain }) => ({
		entry,
		attempts: [...attempts, ...chain.slice(attempts.length).map(notAsked)],
		found,
		backend,
		stopped,
	}));
}

/** The backends to ask for an entry, in order. */
export function chainOf(
	entry: Pick<Entry, "backend" | "chain">,
	{ backend, chain }: Pick<ChainOptions, "backend" | "chain">,
): readonly BackendName[] {
	if (backend !== undefined) return [backend];
	if (entry.backend !== undefined) return [entry.backend as BackendName];
	return (entry.chain as readonly BackendName[] | undefined) ?? chain;
}

interface Walk {
	readonly options: ChainOptions;
	/** On the clock of performance.now(). */
	readonly deadline: number;
	/** Backends that answered nobody: they are not asked again. */
	readonly down: Map<BackendName, DstaError>;
	readonly warned: Set<BackendName>;
}

interface Traveller {
	readonly entry: Entry;
	readonly chain: readonly BackendName[];
	readonly attempts: Attempt[];
	found?: Found;
	backend?: BackendName;
	stopped?: DstaError;
}

function nextBackend({ chain, attempts }: Traveller): BackendName {
	return chain[attempts.length] as BackendName;
}

function isDone({ attempts, chain, found, stopped }: Traveller): boolean {
	return found !== undefined || stopped !== undefined || attempts.length >= chain.length;
}

async function askBackend(name: BackendName, group: readonly Traveller[], walk: Walk): Promise<void> {
	const backend = await openBackend(name, walk);
	if (backend === undefined) {
		for (const traveller of group) passUnconfigured(name, traveller, walk.options);
		return;
	}
	if (backend instanceof DstaError) {
		for (const traveller of group) fail(traveller, { error: backend, name, durationMs: 0 }, walk);
		warnOnce(name, group, walk);
		return;
	}
	const timeLimit = startTimeLimit(backend, group, walk);
	// One turn for all: a backend may share requests between the reads of a turn.
	await Promise.all(group.map((traveller) => askFor(traveller, { backend, name, timeLimit }, walk)));
	timeLimit.clear();
	const failures = group.map(({ attempts }) => attempts.at(-1)?.error);
	if (failures.every((error) => error?.failureClass === "unavailable"))
		walk.down.set(name, failures[0] as DstaError);
	warnOnce(name, group, walk);
}

async function openBackend(
	name: BackendName,
	{ down, options }: Walk,
): Promise<Backend | DstaError | undefined> {
	if (down.has(name)) return down.get(name);
	try {
		return await options.backends.get(name);
	} catch (error) {
		if (error instanceof DstaError) return error;
		throw error;
	}
}

interface Question {
	readonly backend: Backend;
	readonly name: BackendName;
	readonly timeLimit: TimeLimit;
}

async function askFor(
	traveller: Traveller,
	{ backend, name, timeLimit }: Question,
	walk: Walk,
): Promise<void> {
	const start = performance.now();
	const request = requestOf(traveller.entry, name);
	try {
		const found = await timeLimit.bound(backend.read(request, timeLimit.signal));
		const durationMs = performance.now() - start;
		if (found === undefined) {
			const detail = backend.locations(request).join(", ");
			const advice = backend.advice(request);
			traveller.attempts.push({ backend: name, outcome: "absent", detail, durationMs, advice });
			return;
		}
		const { location, version } = found;
		traveller.attempts.push({ backend: name, outcome: "found", detail: location, durationMs, version });
		traveller.found = found;
		traveller.backend = name;
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		fail(traveller, { error, name, durationMs: performance.now() - start }, walk);
	}
}

function requestOf({ path, names, version, backends }: Entry, name: BackendName): ReadRequest {
	return { path, names, version, overrides: backends?.[name] };
}

interface Failure {
	readonly error: DstaError;
	readonly name: BackendName;
	readonly durationMs: number;
}

function fail(traveller: Traveller, { error, name, durationMs }: Failure, { options }: Walk): void {
	traveller.attempts.push({ backend: name, outcome: "failed", detail: error.message, durationMs, error });
	if (reactionTo(error, traveller.entry, options) === "stop") traveller.stopped = error;
}

function passUnconfigured(name: BackendName, traveller: Traveller, options: ChainOptions): void {
	const detail = UNCONFIGURED[name];
	traveller.attempts.push({ backend: name, outcome: "not configured", detail, durationMs: 0 });
	const { text } = traveller.entry.path;
	if (options.backend !== undefined) traveller.stopped = namedUnconfigured(name, text);
	else if (traveller.entry.backend !== undefined)
		traveller.stopped = unconfigured(name, `${text} asks for`, text);
}

/** The error for a backend that the command line names and that nothing configures. */
export function namedUnconfigured(name: BackendName, path: string): DstaError {
	return unconfigured(name, "--backend or DSTA_BACKEND names", path);
}

function unconfigured(name: BackendName, who: string, path: string): DstaError {
	return new DstaError("DSTA_CONFIG", `${who} ${name}, which is not configured`, {
		backend: name,
		path,
		cure: CONFIGURE[name],
	});
}

const UNCONFIGURED: Readonly<Record<BackendName, string>> = {
	vault: "there is no VAULT_ADDR, BAO_ADDR or vault.address",
	aws: "there is no region, profile or key of AWS, and no aws: in the map",
	env: "",
};

const CONFIGURE: Readonly<Record<BackendName, string>> = {
	vault: "Set VAULT_ADDR and VAULT_TOKEN, or vault.address in the map.",
	aws: "Set AWS_REGION, or aws.region in the map.",
	env: "Set the variable, or write it into .env.",
};

function warnOnce(name: BackendName, group: readonly Traveller[], { options, warned }: Walk): void {
	const passed = group.filter(
		(traveller) =>
			traveller.attempts.at(-1)?.error !== undefined && traveller.stopped === undefined && !isDone(traveller),
	);
	const error = passed[0]?.attempts.at(-1)?.error;
	if (error === undefined || warned.has(name)) return;
	warned.add(name);
	options.onPassedOver(error, passed.length);
}

function notAsked(backend: BackendName): Attempt {
	return { backend, outcome: "not asked", detail: "", durationMs: 0 };
}

interface TimeLimit {
	readonly signal: AbortSignal;
	/** The answer, or a DSTA_TIMEOUT when the backend does not stop by itself at the signal. */
	bound<T>(answer: Promise<T>): Promise<T>;
	clear(): void;
}

function startTimeLimit(
	backend: Backend,
	group: readonly Traveller[],
	{ deadline, options }: Walk,
): TimeLimit {
	const isFollowed = group.some(({ attempts, chain }) => attempts.length + 1 < chain.length);
	const ownMs = options.backendTimeoutMs(backend.name as BackendName);
	const controller = new AbortController();
	const abort = () => controller.abort();
	let limitMs = ownMs;
	let timer: NodeJS.Timeout | undefined;
	// It begins when the requests are out: the time that we took ourselves, to load clients, is not the backend's.
	let turn = setImmediate(() => {
		const leftMs = Math.max(0, deadline - performance.now());
		limitMs = Math.min(ownMs, isFollowed ? leftMs / 2 : leftMs);
		timer = setTimeout(() => {
			// An answer that has come in while this process was kept from running still counts.
			turn = setImmediate(abort);
		}, limitMs);
	});
	options.signal?.addEventListener("abort", abort, { once: true });
	if (options.signal?.aborted) abort();
	const expired = new Promise<never>((_, reject) => {
		// A turn later, so that the backend's own words for it come first.
		controller.signal.addEventListener("abort", () =>
			setTimeout(() => reject(timeoutError(backend, limitMs)), 20),
		);
	});
	expired.catch(() => undefined);
	return {
		signal: controller.signal,
		bound: (answer) => Promise.race([answer, expired]),
		clear() {
			clearImmediate(turn);
			clearTimeout(timer);
			options.signal?.removeEventListener("abort", abort);
		},
	};
}

function timeoutError({ name, description }: Backend, limitMs: number): DstaError {
	const seconds = (limitMs / 1000).toFixed(1).replace(/\.0$/, "");
	return new DstaError(
		"DSTA_TIMEOUT",
		`${name} not available: no answer within ${seconds}s (${description})`,
		{
			backend: name,
			cure: `Check that ${description} is reachable from here, or raise ${name}.timeout in the map or --timeout.`,
		},
	);
}

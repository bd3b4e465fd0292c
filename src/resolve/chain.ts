import type { Backend, Found, ReadRequest } from "../backends/backend.ts";
import type { BackendName } from "../backends/registry.ts";
import { now } from "../clock.ts";
import { DstaError } from "../errors.ts";
import type { Entry } from "../map/secret-map.ts";
import { isArn } from "../secret-path.ts";
import type { Backends } from "./backends.ts";
import { type PolicyOptions, reactionTo } from "./policy.ts";
import type { Snapshot, StandIn } from "./snapshot/snapshot.ts";
import { startTimeLimit, type TimeLimit } from "./time-limit.ts";
import { namedUnconfigured, UNCONFIGURED, unconfigured } from "./unconfigured.ts";

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
	/** When that version came into being, where the backend tells. */
	readonly createdAt?: Date | undefined;
	/** What went wrong; of an answer from a snapshot why the backend did not give it itself. */
	readonly error?: DstaError;
	/** What the backend advises where it does not have the secret. */
	readonly advice?: string;
	/** The snapshot's part, where there is one and the backend is unavailable. */
	readonly snapshot?: StandIn;
}

/** What one backend said to one question. */
export interface Answer {
	readonly request: ReadRequest;
	readonly attempt: Attempt;
	readonly found?: Found | undefined;
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
	/** What stands in for a backend that is unavailable, by its own last answers. */
	readonly snapshot?: Snapshot | undefined;
	/** Ends the walk, with its own reason, when nobody wants an answer any more. */
	readonly signal?: AbortSignal | undefined;
}

/**
 * Asks backends for all entries at once: first each entry's first backend, then for what is left the next,
 * so that every backend sees in one turn all that is asked of it and can share requests.
 */
export async function askChain(entries: readonly Entry[], options: ChainOptions): Promise<readonly Trace[]> {
	const walk: Walk = {
		options,
		deadline: now() + options.timeoutMs,
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

/** The backends to ask for an entry, in order. An ARN names a secret of AWS, of which Vault need not hear. */
export function chainOf(
	entry: Pick<Entry, "backend" | "chain"> & Partial<Pick<Entry, "path">>,
	{ backend, chain }: Pick<ChainOptions, "backend" | "chain">,
): readonly BackendName[] {
	if (backend !== undefined) return [backend];
	if (entry.backend !== undefined) return [entry.backend as BackendName];
	const asked = (entry.chain as readonly BackendName[] | undefined) ?? chain;
	const isForAws = asked.includes("aws") && entry.path !== undefined && isArn(entry.path.secret);
	return isForAws ? asked.filter((name) => name !== "vault") : asked;
}

interface Walk {
	readonly options: ChainOptions;
	/** On the clock of `now`. */
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
	const backend = await openBackend(name, walk.options);
	if (backend === undefined) {
		for (const traveller of group) passUnconfigured(name, traveller, walk.options);
		return;
	}
	const requests = group.map(({ entry }) => requestOf(entry, name));
	const answers =
		backend instanceof DstaError
			? requests.map((request) => failed(request, { error: backend, name }))
			: await getAnswers(backend, { name, group, requests }, walk);
	for (const [index, traveller] of group.entries())
		proceed(traveller, answers[index] as Answer, walk.options);
	warnOnce(name, group, walk);
}

async function openBackend(
	name: BackendName,
	{ backends }: ChainOptions,
): Promise<Backend | DstaError | undefined> {
	try {
		return await backends.get(name);
	} catch (error) {
		if (error instanceof DstaError) return error;
		throw error;
	}
}

interface Turn {
	readonly name: BackendName;
	readonly group: readonly Traveller[];
	/** Of each traveller of the group. */
	readonly requests: readonly ReadRequest[];
}

async function getAnswers(backend: Backend, turn: Turn, walk: Walk): Promise<readonly Answer[]> {
	const { signal, snapshot } = walk.options;
	const answers = await askForAll(backend, turn, walk);
	// What a caller cut off is no failure of the backend, for which the next one could stand in.
	signal?.throwIfAborted();
	return snapshot?.review(backend, answers) ?? answers;
}

async function askForAll(
	backend: Backend,
	{ group, name, requests }: Turn,
	{ deadline, down, options }: Walk,
): Promise<readonly Answer[]> {
	const error = down.get(name);
	if (error !== undefined) return requests.map((request) => failed(request, { error, name }));
	const timeLimit = startTimeLimit(backend, {
		ownMs: options.backendTimeoutMs(name),
		deadline,
		isFollowed: group.some(({ attempts, chain }) => attempts.length + 1 < chain.length),
		outer: options.signal,
	});
	// One turn for all: a backend may share requests between the reads of a turn.
	const answers = await Promise.all(requests.map((request) => askFor(request, { backend, name, timeLimit })));
	timeLimit.clear();
	const failures = answers.map(({ attempt }) => attempt.error);
	if (failures.every((error) => error?.failureClass === "unavailable"))
		down.set(name, failures[0] as DstaError);
	return answers;
}

interface Question {
	readonly backend: Backend;
	readonly name: BackendName;
	readonly timeLimit: TimeLimit;
}

async function askFor(request: ReadRequest, { backend, name, timeLimit }: Question): Promise<Answer> {
	const start = now();
	try {
		const found = await timeLimit.bound(backend.read(request, timeLimit.signal));
		const durationMs = now() - start;
		if (found === undefined) {
			const detail = backend.locations(request).join(", ");
			const advice = backend.advice(request);
			return { request, attempt: { backend: name, outcome: "absent", detail, durationMs, advice } };
		}
		const { createdAt, location: detail, version } = found;
		const attempt: Attempt = { backend: name, outcome: "found", detail, durationMs, version, createdAt };
		return { request, attempt, found };
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		return failed(request, { error, name, durationMs: now() - start });
	}
}

/** What an entry asks of a backend. */
export function requestOf({ path, names, version, backends }: Entry, name: BackendName): ReadRequest {
	return { path, names, version, overrides: backends?.[name] };
}

interface Failure {
	readonly error: DstaError;
	readonly name: BackendName;
	readonly durationMs?: number;
}

function failed(request: ReadRequest, { error, name, durationMs = 0 }: Failure): Answer {
	return {
		request,
		attempt: { backend: name, outcome: "failed", detail: error.message, durationMs, error },
	};
}

function proceed(traveller: Traveller, { attempt, found }: Answer, options: ChainOptions): void {
	const { backend, error, outcome } = attempt;
	traveller.attempts.push(attempt);
	if (found !== undefined) {
		traveller.found = found;
		traveller.backend = backend;
	}
	if (outcome === "failed" && error !== undefined && reactionTo(error, traveller.entry, options) === "stop")
		traveller.stopped = error;
}

function passUnconfigured(name: BackendName, traveller: Traveller, options: ChainOptions): void {
	const detail = UNCONFIGURED[name];
	traveller.attempts.push({ backend: name, outcome: "not configured", detail, durationMs: 0 });
	const { text } = traveller.entry.path;
	if (options.backend !== undefined) traveller.stopped = namedUnconfigured(name, text);
	else if (traveller.entry.backend !== undefined)
		traveller.stopped = unconfigured(name, `${text} asks for`, text);
}

function warnOnce(name: BackendName, group: readonly Traveller[], { options, warned }: Walk): void {
	const passed = group.filter(
		(traveller) =>
			traveller.attempts.at(-1)?.outcome === "failed" &&
			traveller.stopped === undefined &&
			!isDone(traveller),
	);
	const error = passed[0]?.attempts.at(-1)?.error;
	if (error === undefined || warned.has(name)) return;
	warned.add(name);
	options.onPassedOver(error, passed.length);
}

function notAsked(backend: BackendName): Attempt {
	return { backend, outcome: "not asked", detail: "", durationMs: 0 };
}

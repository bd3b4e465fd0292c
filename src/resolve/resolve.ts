import type { SecretValue } from "../backends/backend.ts";
import type { BackendName } from "../backends/registry.ts";
import { DstaError } from "../errors.ts";
import { expandWildcards } from "../map/expand.ts";
import { type Delivery, type Entry, isWildcard } from "../map/secret-map.ts";
import { SecretValues } from "../secret-values.ts";
import { type Attempt, askChain, type ChainOptions, type Trace } from "./chain.ts";
import { type Missing, nobodyHad } from "./not-found.ts";
import { toText, type ValueRules } from "./validate.ts";

/** What became of one line of the map. */
export interface Outcome {
	/** The variables that it is for; of a wildcard its pattern. */
	readonly names: readonly string[];
	/** The variables that get a value, with it: none when an optional secret is absent or something failed. */
	readonly values: SecretValues;
	/** How the command gets the values, where the variables hold paths to them. */
	readonly as?: Delivery | undefined;
	/** Why the command must not start: nothing where the line resolved. */
	readonly errors: readonly DstaError[];
	/** Those of the errors that are about the value of one variable. */
	readonly invalid: ReadonlyMap<string, DstaError>;
	/** What is to say of those of the errors that are about secrets which nobody had. */
	readonly missing: readonly Missing[];
}

/** What became of one entry. */
export interface Resolution extends Outcome {
	readonly entry: Entry;
	/** Of a wildcard: the field that each variable has. */
	readonly fields?: ReadonlyMap<string, string>;
	/** Who had it; `undefined` when nobody did. */
	readonly origin: BackendName | "default" | undefined;
	readonly attempts: readonly Attempt[];
	/** What backends say by now where a watch keeps values that the backend which had them has no more, and of which paths. */
	readonly kept?: { readonly attempts: readonly Attempt[]; readonly gone: readonly string[] };
}

export interface ResolveOptions extends ChainOptions {
	/** The variables that the map names outright, in whichever entry: no wildcard sets them. */
	readonly named: ReadonlySet<string>;
	/** Hears that a default stands in for a backend that could not be asked. */
	readonly onDefault: (entry: Entry, backend: BackendName) => void;
}

/**
 * Resolves all entries. It never rejects because of a secret or a backend: each resolution holds its own errors.
 * @throws the signal's own reason when it aborts
 */
export async function resolveEntries(
	entries: readonly Entry[],
	options: ResolveOptions,
): Promise<readonly Resolution[]> {
	const traces = await askChain(entries, options);
	const wildcards = expandFound(options.named, traces);
	return traces.map((trace) => conclude(trace, wildcards, options));
}

/** All variables that the lines of a map give, but for those of files, or all their errors, each once. */
export function collect(outcomes: readonly Outcome[]): {
	readonly values: SecretValues;
	readonly errors: readonly DstaError[];
} {
	const direct = outcomes.filter(({ as }) => as === undefined);
	const values = new SecretValues(direct.flatMap((outcome) => [...outcome.values]));
	return { values, errors: [...new Set(outcomes.flatMap(({ errors }) => errors))] };
}

/** Which field goes to which variable, and what is wrong with that. */
type Wildcards = ReturnType<typeof expandWildcards>;

function expandFound(named: ReadonlySet<string>, traces: readonly Trace[]): Wildcards {
	const found = traces
		.filter(({ entry, found }) => isWildcard(entry) && entry.names.length > 0 && found !== undefined)
		.map((trace) => ({ entry: trace.entry, keys: keysOf(fieldsOf(trace)) }));
	return expandWildcards(named, found);
}

function conclude(trace: Trace, wildcards: Wildcards, options: ResolveOptions): Resolution {
	const { attempts, backend: origin, entry, found, stopped } = trace;
	const base = { ...NOTHING, entry, names: entry.names, as: entry.as, attempts };
	if (stopped !== undefined) return { ...base, errors: [stopped] };
	if (found === undefined) return { ...base, ...concludeAbsent(trace, options) };
	if (!isWildcard(entry)) {
		const values = new Map(targetsOf(entry).map((name) => [name, found.value]));
		return { ...base, origin, ...toTexts({ ...entry, origin }, values) };
	}
	const fields = fieldsOf(trace);
	const own = entry.names.length === 0 ? keysOf(fields).map((key) => [key, key] as const) : undefined;
	const assigned = own ?? [...(wildcards.assignments.get(entry) ?? [])];
	const values = assigned.map(([name, key]) => [name, fields[key] as SecretValue] as const);
	const texts = toTexts({ ...entry, origin }, new Map(values));
	const clashes = wildcards.errors.filter(({ path }) => path === entry.path.text);
	return { ...base, origin, ...texts, fields: new Map(assigned), errors: [...clashes, ...texts.errors] };
}

function concludeAbsent(trace: Trace, options: ResolveOptions): Partial<Resolution> {
	const { attempts, entry } = trace;
	if (entry.default !== undefined) {
		const failed = attempts.find(({ outcome }) => outcome === "failed");
		if (failed !== undefined) options.onDefault(entry, failed.backend);
		const values = new Map(targetsOf(entry).map((name) => [name, entry.default as string]));
		return { origin: "default", ...toTexts({ ...entry, decode: undefined }, values) };
	}
	if (entry.optional) return {};
	const missing = nobodyHad(trace);
	return { errors: [missing.error], missing: [missing] };
}

const NOTHING = {
	origin: undefined,
	values: new SecretValues(),
	invalid: new Map(),
	errors: [],
	missing: [],
} as const;

function targetsOf({ names, path }: Entry): readonly string[] {
	return names.length === 0 ? [path.text] : names;
}

function fieldsOf({ found }: Trace): { readonly [key: string]: SecretValue } {
	return (found?.value ?? {}) as { readonly [key: string]: SecretValue };
}

// A field that is null is absent, as it is when it is asked for by name.
function keysOf(fields: { readonly [key: string]: SecretValue }): string[] {
	return Object.keys(fields).filter((key) => fields[key] !== null);
}

function toTexts(
	rules: ValueRules,
	assigned: ReadonlyMap<string, SecretValue>,
): Pick<Resolution, "values" | "invalid" | "errors"> {
	const values = new Map<string, string>();
	const invalid = new Map<string, DstaError>();
	for (const [name, value] of assigned) {
		try {
			values.set(name, toText(value, rules, name));
		} catch (error) {
			if (!(error instanceof DstaError)) throw error;
			invalid.set(name, error);
		}
	}
	return { values: new SecretValues(values), invalid, errors: [...invalid.values()] };
}

import { BACKEND_NAMES, type BackendName } from "../../backends/registry.ts";
import { DstaError } from "../../errors.ts";
import { isName } from "../../map/names.ts";
import { type Entry, isWildcard, sourcesOf, type Template } from "../../map/secret-map.ts";
import { type Attempt, requestOf } from "../../resolve/chain.ts";
import { durationWords } from "../../resolve/duration-words.ts";
import { type Verdict, verdictOn } from "../../resolve/policy.ts";
import type { Resolution } from "../../resolve/resolve.ts";
import { checkFeasibility } from "../feasibility.ts";
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";
import { concludeResolutions, renderTable } from "../report.ts";
import { type Lines, openSession, type Session } from "../session.ts";

/**
 * Shows each path's way through its chain: who was asked or passed over, what they said, how long it took.
 * @throws {DstaError} DSTA_USAGE a word is neither a path nor a name of the map
 */
export async function explain(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	if (commandLine.options.diff) return (await import("../explain/diff.ts")).explainDiff(commandLine, host);
	const session = await openSession(commandLine, host);
	await checkFeasibility(session);
	const resolutions = await session.resolveLines(selectLines(session.map, commandLine.operands));
	const { status } = concludeResolutions(host.log, resolutions, host.env);
	const ways = new Set(resolutions.flatMap((one) => ("sources" in one ? one.sources : [one])));
	const templates = namesBySource(session.map.templates);
	const explanations = await Promise.all(
		[...ways].map(async (way) => ({
			...way,
			names: namesFor(way),
			templates: templates.get(way.entry) ?? [],
			attempts: await Promise.all(way.attempts.map((attempt) => complete(attempt, way.entry, session))),
			others: leftOut(way, session, commandLine),
		})),
	);
	await session.backends.release();
	if (!commandLine.options.json) return { status, output: explanations.map(toText).join("\n") };
	return { status, output: `${JSON.stringify(explanations.map(toRecord), undefined, 2)}\n` };
}

/** The entries and templates that words name by their paths and variables. */
function selectLines({ entries, templates = [] }: Lines, words: readonly string[]): Lines {
	if (words.length === 0) return { entries, templates };
	const all = [...new Set([...entries, ...sourcesOf(templates)])];
	const isMeant = (entry: Entry, word: string) => entry.path.text === word || mayName(entry, word);
	const unknown = words.find(
		(word) => !all.some((entry) => isMeant(entry, word)) && !templates.some(({ name }) => name === word),
	);
	if (unknown !== undefined)
		throw new DstaError("DSTA_USAGE", `The map has no path and no name ${JSON.stringify(unknown)}`, {
			cure: "Give paths or names as they stand in the map; dsta-run explain shows all.",
		});
	return {
		entries: all.filter((entry) => words.some((word) => isMeant(entry, word))),
		templates: templates.filter(({ name }) => words.includes(name)),
	};
}

// Which variables a wildcard makes shows when its keys are known.
function mayName(entry: Entry, word: string): boolean {
	if (!isWildcard(entry)) return entry.names.includes(word);
	return entry.names.some(
		(pattern) => pattern === word || (word.startsWith(pattern.slice(0, -1)) && isName(word)),
	);
}

/** A backend that is not in the entry's chain, and who says so. */
interface LeftOut {
	readonly backend: BackendName;
	readonly outcome: "left out";
	readonly detail: string;
}

function leftOut(
	{ attempts, entry }: Resolution,
	{ chain }: Session,
	{ options }: CommandLine,
): readonly LeftOut[] {
	const reason =
		options.backend !== undefined
			? `--backend or DSTA_BACKEND is ${options.backend}`
			: entry.backend !== undefined
				? `the entry asks ${entry.backend} alone`
				: entry.chain !== undefined
					? `the entry's chain is ${entry.chain.join(", ")}`
					: `the map's chain is ${chain.join(", ")}`;
	return BACKEND_NAMES.filter((name) => attempts.every(({ backend }) => backend !== name)).map((backend) => ({
		backend,
		outcome: "left out",
		detail: reason,
	}));
}

/** What a backend said, where it looked, and what followed. */
interface Told extends Attempt {
	/** Where it looked, in the order of looking: up to where it found something. */
	readonly candidates?: readonly string[];
	/** Why the chain went on after a failure, or did not. */
	readonly policy?: Verdict;
}

async function complete(attempt: Attempt, entry: Entry, { backends, policy }: Session): Promise<Told> {
	const { backend: name, error, outcome, snapshot } = attempt;
	if (error !== undefined && outcome === "failed")
		return { ...attempt, policy: verdictOn(error, entry, policy) };
	// What stands in for a backend looked nowhere.
	if ((outcome !== "found" && outcome !== "absent") || snapshot !== undefined) return attempt;
	const candidates = (await backends.get(name))?.locations(requestOf(entry, name)) ?? [];
	const end = candidates.findIndex((place) => `${attempt.detail} `.startsWith(`${place} `));
	return {
		...attempt,
		candidates: outcome === "found" && end >= 0 ? candidates.slice(0, end + 1) : candidates,
	};
}

/** A way through the chain, with what the map says of it. */
interface Explanation extends Resolution {
	readonly attempts: readonly Told[];
	/** The templates that take the value. */
	readonly templates: readonly string[];
	readonly others: readonly LeftOut[];
}

function namesFor({ entry, values }: Resolution): readonly string[] {
	return entry.names.length > 0 && values.size > 0 ? [...values.keys()] : entry.names;
}

function namesBySource(templates: readonly Template[] = []): ReadonlyMap<Entry, readonly string[]> {
	const names = new Map<Entry, readonly string[]>();
	for (const template of templates)
		for (const source of sourcesOf([template]))
			names.set(source, [...(names.get(source) ?? []), template.name]);
	return names;
}

function toRecord({ attempts, entry, errors, names, origin, others, templates }: Explanation): object {
	return {
		path: entry.path.text,
		names,
		as: entry.as,
		...(templates.length === 0 ? {} : { templates }),
		backend: origin,
		attempts: [
			...attempts.map((attempt) => {
				const { advice: _, error, policy: __, ...rest } = attempt;
				const { code } = error ?? {};
				const durationMs = roundMs(attempt.durationMs);
				const { because, reaction } = attempt.policy ?? {};
				return { ...rest, detail: detailOf(attempt, attempts), code, reaction, because, durationMs };
			}),
			...others,
		],
		errors: errors.map(({ code, message, cure }) => ({ code, message, cure })),
	};
}

function toText({ attempts, entry, errors, names, origin, others, templates }: Explanation): string {
	const own = names.map((name) => (entry.as === undefined ? name : `${name} (${entry.as})`));
	const variables = [...own, ...templates.map((name) => `${name} (template)`)].join(", ");
	const rows = attempts.map((attempt) => [
		"",
		attempt.backend,
		attempt.outcome,
		detailOf(attempt, attempts),
		versionOf(attempt),
		attempt.durationMs === 0 ? "" : `${roundMs(attempt.durationMs)} ms`,
	]);
	rows.push(...others.map(({ backend, outcome, detail }) => ["", backend, outcome, detail, "", ""]));
	if (origin === "default") rows.push(["", "default", "used", "the map gives one", "", ""]);
	if (origin === undefined && errors.length === 0)
		rows.push(["", "-", "left out", "the entry is optional", "", ""]);
	return `${entry.path.text} → ${variables}\n${renderTable(rows)}`;
}

function versionOf({ createdAt, version }: Told): string {
	const age =
		createdAt === undefined ? [] : [`${durationWords(Math.max(0, Date.now() - createdAt.getTime()))} old`];
	return [...(version === undefined ? [] : [`version ${version}`]), ...age].join(", ");
}

function detailOf(
	{ candidates = [], detail, error, outcome, policy, snapshot }: Told,
	attempts: readonly Attempt[],
): string {
	if (policy !== undefined)
		return `${detail}; ${snapshot === undefined ? "" : `${snapshot.reason}; `}${policy.reaction === "stop" ? "the run stops" : "the next is asked"} (${policy.because})`;
	if (outcome === "found" && candidates.length > 1)
		return `${detail}, after ${candidates.slice(0, -1).join(", ")}`;
	if (snapshot?.ageMs !== undefined)
		return `${detail}, read ${durationWords(snapshot.ageMs)} ago (snapshot): ${error?.message}`;
	if (snapshot !== undefined) return `${detail}; ${snapshot.reason}`;
	if (outcome !== "not asked") return detail;
	const had = attempts.find(({ outcome }) => outcome === "found");
	return had === undefined ? "the policy stopped before it" : `${had.backend} had it`;
}

function roundMs(durationMs: number): number {
	return Math.round(durationMs * 10) / 10;
}

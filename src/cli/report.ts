import { type DstaError, exitStatusOf } from "../errors.ts";
import { checkEnvironment, type Variables } from "../launch/environment.ts";
import type { LogEvent } from "../log-event.ts";
import type { Log } from "../observe/log.ts";
import type { Missing } from "../resolve/not-found.ts";
import { collect, type Outcome } from "../resolve/resolve.ts";

/** An error with the variables that lack a value because of it. */
export interface Problem {
	readonly error: DstaError;
	readonly names: readonly string[];
	/** Those of them that its message names. */
	readonly said?: readonly string[];
	readonly missing?: Missing | undefined;
}

export interface Conclusion {
	readonly values: ReadonlyMap<string, string>;
	/** The variables that no environment can hold, and why. */
	readonly unfit: ReadonlyMap<string, DstaError>;
	/** The status that a run would have before its command. */
	readonly status: number;
}

/** Reports all that keeps a command from starting, and gives its secrets if nothing does. */
export function concludeResolutions(
	log: Log,
	resolutions: readonly Outcome[],
	inherited: Variables,
): Conclusion {
	const { errors, values } = collect(resolutions);
	const unfit = checkEnvironment(values, inherited);
	reportProblems(log, problemsOf(resolutions));
	for (const error of unfit.values()) reportProblem(log, { error, names: [] });
	const all = [...errors, ...unfit.values()];
	return { values, unfit, status: all.length === 0 ? 0 : exitStatusOf(all) };
}

/** The problems of resolutions: one for all lines of the map that failed for the same reason. */
export function problemsOf(resolutions: readonly Outcome[]): readonly Problem[] {
	const problems = resolutions.flatMap(({ errors, invalid, missing, names }) => {
		// What is wrong with a value names its variable itself.
		const named = new Map([...invalid].map(([name, error]) => [error, name]));
		const absent = new Map(missing.map((one) => [one.error, one]));
		return errors.map((error): Problem => {
			const name = named.get(error);
			// Where no variable is to have a value, its path stands for one.
			const said = name === undefined || name === error.path ? [] : [name];
			return { error, names: name === undefined ? names : said, said, missing: absent.get(error) };
		});
	});
	const groups = Map.groupBy(problems, ({ error }) => `${error.code}\n${error.message}\n${error.cure}`);
	return [...groups.values()].map((group) => ({
		...(group[0] as Problem),
		names: [...new Set(group.flatMap(({ names }) => names))],
		said: [...new Set(group.flatMap(({ said = [] }) => said))],
	}));
}

/** Problems of no variable, each once. */
export function problemsOfErrors(errors: readonly DstaError[]): readonly Problem[] {
	const byText = new Map(errors.map((error) => [`${error.code}\n${error.message}`, error]));
	return [...byText.values()].map((error) => ({ error, names: [] }));
}

/** How many problems of one kind are listed. */
const MAX_LISTED = 50;

/**
 * Writes problems, those of one kind together: a line for each, then once why, where a secret is missing, and what to do.
 * Of secrets that are missing because a backend is down, all are one line: what they have in common is the news.
 */
export function reportProblems(log: Log, problems: readonly Problem[]): void {
	for (const group of Map.groupBy(problems, kindOf).values()) {
		const [only, ...others] = group as [Problem, ...Problem[]];
		if (others.length === 0) reportProblem(log, only);
		else if (only.missing !== undefined && only.error.code === "DSTA_UNAVAILABLE") reportAsOne(log, group);
		else
			for (const [index, problem] of group.slice(0, MAX_LISTED).entries()) {
				const isLast = index === Math.min(group.length, MAX_LISTED) - 1;
				const what = problem.missing?.summary ?? problem.error.message;
				write(log, problem, { text: sentence(problem, { what }), lines: isLast ? adviceFor(group) : [] });
			}
	}
}

/** Writes a problem as two lines: what happened, and what to do. */
export function reportProblem(log: Log, problem: Problem): void {
	const { error, missing } = problem;
	const text = sentence(problem, { what: missing?.summary ?? error.message, why: missing?.reason });
	write(log, problem, { text, lines: fixLines(error.cure) });
}

// As JSON each has its record all the same.
function reportAsOne(log: Log, group: readonly Problem[]): void {
	const [first] = group as readonly [Problem];
	const paths = group.map(({ error }) => error.path ?? "");
	const names = group.flatMap((problem) => problem.names);
	const text = sentence({ ...first, names }, { what: `Secret not found: ${listNames(paths)}` });
	for (const [index, problem] of group.slice(0, MAX_LISTED).entries())
		write(log, problem, index === 0 ? { text, lines: reasonLines(group) } : { text: "", lines: [] });
}

interface Words {
	/** Empty: nothing, as it stands in the line of another problem. */
	readonly text: string;
	readonly lines: readonly string[];
}

function write(log: Log, problem: Problem, { lines, text }: Words): void {
	const { error, names } = problem;
	const { backend, code, cure, message, path } = error;
	log("error", sentence(problem, { what: message }), {
		event: "failure",
		text,
		lines,
		code,
		backend,
		path,
		names,
		cure,
	});
}

function sentence(
	{ error, names, said = [] }: Problem,
	{ what, why }: { readonly what: string; readonly why?: string | undefined },
): string {
	const others = names.filter((name) => !said.includes(name));
	const needed = others.length === 0 ? "" : ` (for ${listNames(others)})`;
	return `${what}${needed}${why === undefined ? "" : `: ${why}`} [${error.code}]`;
}

// A secret that nobody had is of a kind with those that the same backends did not have; a refusal with those of its backend.
function kindOf({ error, missing }: Problem): unknown {
	if (missing !== undefined) return `${error.code} ${missing.commonReason}`;
	return error.code === "DSTA_DENIED" ? `${error.code} ${error.backend}` : error;
}

function adviceFor(group: readonly Problem[]): readonly string[] {
	return [
		...(group.length > MAX_LISTED ? [`… and ${group.length - MAX_LISTED} more of this kind`] : []),
		...reasonLines(group),
	];
}

function reasonLines(group: readonly Problem[]): readonly string[] {
	const [{ error, missing }] = group as readonly [Problem];
	const differ = group.some((other) => other.error.cure !== error.cure);
	const explain = missing === undefined ? "" : "; dsta-run explain shows where each was looked for";
	return [
		...(missing === undefined ? [] : [`why: ${missing.commonReason}`]),
		...fixLines(error.cure),
		...(differ ? [`the others likewise${explain}`] : []),
	];
}

/** What to do, as lines below a message. */
export function fixLines(cure: string): readonly string[] {
	return `fix: ${cure}`.split("\n");
}

/** What takes a message, and what to do about it, as a warning of one kind. */
export function warningOf(log: Log, event: LogEvent): (message: string, cure?: string) => void {
	return (message, cure) =>
		log("warn", message, { event, ...(cure === undefined ? {} : { lines: fixLines(cure), cure }) });
}

/** Warns of a backend that was passed over, once for all the entries that go on to the next. */
export function reportPassedOver(
	log: Log,
	{ backend, code, cure, message }: DstaError,
	entries: number,
): void {
	const next = entries === 1 ? "1 entry goes" : `${entries} entries go`;
	log("warn", `${message}; ${next} on to the next backend [${code}]`, {
		event: "backend.passed-over",
		lines: fixLines(cure),
		code,
		backend,
		cure,
	});
}

/** Warns of the variables that have their default because backends could not be asked. */
export function reportDefaults(log: Log, backend: string, names: readonly string[]): void {
	const cure = `Make ${backend} answer, or have it stop the run: --strict.`;
	log(
		"warn",
		names.length === 1
			? `the default of ${names[0]} stands in for ${backend}, which could not be asked`
			: `the defaults of ${listNames(names)} stand in for ${backend}, which could not be asked`,
		{ event: "default.used", lines: fixLines(cure), backend, names, cure },
	);
}

/** Writes an error that nobody expected, with its stack: the only place where one is shown. */
export function reportBug(log: Log, error: unknown): void {
	const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
	log("error", `this is a bug of dsta-run [DSTA_BUG]\n${stack}`, {
		event: "bug",
		lines: ["fix: please report it with the lines above; they hold no secret."],
		code: "DSTA_BUG",
	});
}

/** Lines of a table whose columns are as wide as their widest cell. */
export function renderTable(rows: readonly (readonly string[])[]): string {
	const widths: number[] = [];
	for (const row of rows)
		for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
	const line = (row: readonly string[]) =>
		row.map((cell, column) => cell.padEnd(widths[column] as number)).join("  ");
	return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}

/** A name of a secret or a field, which whoever stored it chose: what would steer a terminal or forge a line is escaped. */
export function showName(name: string): string {
	return /^[^\p{Cc}\u2028\u2029]*$/u.test(name) ? name : JSON.stringify(name);
}

/** The first few of many names. */
export function listNames(names: readonly string[]): string {
	if (names.length <= 3) return names.join(", ");
	return `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
}

import { type DstaError, exitStatusOf } from "../errors.ts";
import { checkEnvironment } from "../launch/environment.ts";
import type { Log } from "../observe/log.ts";
import { collect, type Resolution } from "../resolve/resolve.ts";

/** An error with the variables that lack a value because of it. */
export interface Problem {
	readonly error: DstaError;
	readonly names: readonly string[];
}

/** Reports all that keeps a command from starting, and gives its secrets with the status that a run would have: 0 if nothing does. */
export function concludeResolutions(
	log: Log,
	resolutions: readonly Resolution[],
): { readonly values: ReadonlyMap<string, string>; readonly status: number } {
	const { errors, values } = collect(resolutions);
	const unfit = checkEnvironment(values);
	const problems = [...problemsOf(resolutions), ...unfit.map((error) => ({ error, names: [] }))];
	for (const problem of problems) reportProblem(log, problem);
	return { values, status: problems.length === 0 ? 0 : exitStatusOf([...errors, ...unfit]) };
}

/** The problems of resolutions: one for all entries that failed for the same reason. */
export function problemsOf(resolutions: readonly Resolution[]): readonly Problem[] {
	const pairs = resolutions.flatMap(({ entry, errors }) =>
		errors.map((error) => ({ error, names: entry.names })),
	);
	const groups = Map.groupBy(pairs, ({ error }) => `${error.code}\n${error.message}\n${error.cure}`);
	return [...groups.values()].map((group) => ({
		error: (group[0] as Problem).error,
		names: group.flatMap(({ names }) => names),
	}));
}

/** Writes a problem as two lines: what happened, and what to do. */
export function reportProblem(log: Log, { error, names }: Problem): void {
	const { backend, code, cure, message, path } = error;
	const needed = names.length === 0 ? "" : ` (for ${listNames(names)})`;
	log("error", `${message}${needed} [${code}]`, {
		lines: [`fix: ${cure}`],
		code,
		backend,
		path,
		names,
		cure,
	});
}

/** Warns of a backend that was passed over, once for all the entries that go on to the next. */
export function reportPassedOver(
	log: Log,
	{ backend, code, cure, message }: DstaError,
	entries: number,
): void {
	const next = entries === 1 ? "1 entry goes" : `${entries} entries go`;
	log("warn", `${message}; ${next} on to the next backend [${code}]`, {
		lines: [`fix: ${cure}`],
		code,
		backend,
		cure,
	});
}

/** Writes an error that nobody expected, with its stack: the only place where one is shown. */
export function reportBug(log: Log, error: unknown): void {
	const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
	log("error", `this is a bug of dsta-run [DSTA_BUG]\n${stack}`, {
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

function listNames(names: readonly string[]): string {
	if (names.length <= 3) return names.join(", ");
	return `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
}

import { type Line, pairLines } from "./line.ts";

/** What is taken for a resolution, and what of it is an earlier answer. */
export interface Kept<L extends Line> {
	readonly lines: readonly L[];
	/** Paths of secrets and of fields that the backend which had them has no more. */
	readonly gone: readonly Gone[];
}

/** What a backend has no more. */
export interface Gone {
	readonly path: string;
	readonly backend: string;
}

/** Puts the earlier values in the place of what the backend that had them has no more, whoever else has it. */
export function keepAbsent<L extends Line>(before: readonly L[], now: readonly L[]): Kept<L> {
	const taken = new Set(now.flatMap(({ values }) => [...values.keys()]));
	const lines = pairLines(before, now).map((pair): L => {
		const { before: earlier, now: line } = pair;
		const backend = earlier?.origin;
		if (earlier === undefined || backend === undefined || earlier.values.size === 0) return line;
		const answer = line.attempts.find((attempt) => attempt.backend === backend);
		if (answer?.outcome === "absent" && answer.error === undefined)
			return {
				...earlier,
				entry: line.entry,
				kept: { attempts: line.attempts, gone: [line.entry.path.text] },
			};
		if (line.origin !== backend || earlier.fields === undefined) return line;
		const missing = [...earlier.fields].filter(([name]) => !taken.has(name));
		if (missing.length === 0) return line;
		const values = missing.map(([name]) => [name, earlier.values.get(name) as string] as const);
		const gone = missing.map(([, field]) => `${line.entry.path.secret}#${field}`);
		return {
			...line,
			values: new Map([...line.values, ...values]),
			fields: new Map([...(line.fields ?? []), ...missing]),
			kept: { attempts: line.attempts, gone },
		};
	});
	const gone = lines.flatMap(({ kept, origin = "" }) =>
		(kept?.gone ?? []).map((path) => ({ path, backend: origin })),
	);
	return { lines, gone };
}

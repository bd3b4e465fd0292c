import { type SecretPath, toVariable } from "../../secret-path.ts";

/**
 * The variables that may hold the value of a path, in the order of asking: the names that the map gives it, the whole path,
 * its last segments down to two, and the last one alone only where it is compound (`secret_key`, so never `user`) and
 * no other path of the map ends the same, of which `endings` knows the number.
 */
export function candidateNames(
	path: SecretPath,
	names: readonly string[],
	endings: ReadonlyMap<string, number>,
): string[] {
	const segments = segmentsOf(path);
	const joined = segments.map((_, index) => toVariable(segments.slice(index).join("/")));
	const last = joined.pop() as string;
	const isLastUsable = last.includes("_") && (endings.get(last) ?? 0) <= 1;
	return [...new Set([...names, ...joined, ...(isLastUsable ? [last] : [])])];
}

/** How many paths end in each last segment, as variables. */
export function countEndings(paths: readonly SecretPath[]): Map<string, number> {
	const endings = new Map<string, number>();
	for (const path of paths) {
		const last = toVariable(segmentsOf(path).at(-1) as string);
		endings.set(last, (endings.get(last) ?? 0) + 1);
	}
	return endings;
}

/**
 * The prefixes of the variables that a wildcard path takes: that of its pattern (not an empty one) and that of its path;
 * where there is no pattern, the last segment of a longer path stands for one.
 */
export function candidatePrefixes(path: SecretPath, patterns: readonly string[]): string[] {
	const own = patterns.map((pattern) => pattern.slice(0, -1)).filter((prefix) => prefix !== "");
	const last = patterns.length === 0 && path.secret.includes("/") ? path.secret.split("/").at(-1) : undefined;
	return [
		...new Set([
			...own,
			`${toVariable(path.secret)}_`,
			...(last === undefined ? [] : [`${toVariable(last)}_`]),
		]),
	];
}

function segmentsOf({ secret, selector }: SecretPath): string[] {
	const segments = secret.split("/");
	if (selector.kind === "field") segments.push(selector.key);
	if (selector.kind === "pointer") segments.push(...selector.tokens);
	return segments;
}

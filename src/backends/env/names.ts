import { isArn, type SecretPath, toVariable } from "../../secret-path.ts";

/**
 * The variables that may hold the value of a path, in the order of asking: the names that the map gives it, the whole path,
 * its last segments down to two, and the last one alone only where it is compound (`secret_key`, so never `user`) and
 * no other path of the map ends the same.
 */
export function candidateNames(
	path: SecretPath,
	names: readonly string[],
	isEndingShared: boolean,
): string[] {
	// An ARN means AWS: no variable is called like one.
	if (isArn(path.secret)) return [...names];
	const segments = segmentsOf(path);
	const joined = segments.map((_, index) => toVariable(segments.slice(index).join("/")));
	const last = joined.pop() as string;
	const isLastUsable = last.includes("_") && !isEndingShared;
	return [...new Set([...names, ...joined, ...(isLastUsable ? [last] : [])])];
}

/** Tells of a path whether another one of these ends in the same segment, as a variable. */
export function findSharedEndings(paths: readonly SecretPath[]): (path: SecretPath) => boolean {
	const endings = Map.groupBy(paths, endingOf);
	return (path) => (endings.get(endingOf(path)) ?? []).some(({ text }) => text !== path.text);
}

/**
 * The prefixes of the variables that a wildcard path takes: that of its pattern (not an empty one) and that of its path;
 * where there is no pattern, the last segment of a longer path stands for one.
 */
export function candidatePrefixes(path: SecretPath, patterns: readonly string[]): string[] {
	const own = patterns.map((pattern) => pattern.slice(0, -1)).filter((prefix) => prefix !== "");
	if (isArn(path.secret)) return [...new Set(own)];
	const last = patterns.length === 0 && path.secret.includes("/") ? path.secret.split("/").at(-1) : undefined;
	return [
		...new Set([
			...own,
			`${toVariable(path.secret)}_`,
			...(last === undefined ? [] : [`${toVariable(last)}_`]),
		]),
	];
}

function endingOf(path: SecretPath): string {
	return toVariable(segmentsOf(path).at(-1) as string);
}

function segmentsOf({ secret, selector }: SecretPath): string[] {
	const segments = secret.split("/");
	if (selector.kind === "field") segments.push(selector.key);
	if (selector.kind === "pointer") segments.push(...selector.tokens);
	return segments;
}

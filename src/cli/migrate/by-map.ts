import { candidateNames, findSharedEndings } from "../../backends/env/names.ts";
import { type Entry, isWildcard, sourcesOf } from "../../map/secret-map.ts";
import { type Assigned, refuseClashes } from "./assigned.ts";
import { assignToEntry, type Target } from "./by-entry.ts";
import { assignToWildcard } from "./by-wildcard.ts";

/**
 * Gives each variable the place from which a run takes it by the map. What the environment backend would take a path from, by
 * its name or by a wildcard, is what goes to that path.
 */
export function assignByMap(values: ReadonlyMap<string, string>, target: Target): readonly Assigned[] {
	const { entries: lines, templates = [] } = target.map;
	const sources = [...new Set([...lines, ...sourcesOf(templates)])];
	const isShared = findSharedEndings(sources.map(({ path }) => path));
	const [wildcards, entries] = [sources.filter(isWildcard), sources.filter((entry) => !isWildcard(entry))];
	const assigned = entries.flatMap((entry) =>
		servingNames(entry, values, isShared(entry.path)).map((name) =>
			assignToEntry({ name, value: values.get(name) as string }, entry, target),
		),
	);
	const taken = new Set([...assigned, ...templates].map(({ name }) => name));
	const rest = [...values].filter(([name]) => !taken.has(name));
	return refuseClashes([
		...assigned,
		...templates
			.filter(({ name }) => values.has(name))
			.map(({ name }) => ({ name, value: "", reason: "is made of other secrets by the map (templates)" })),
		...rest.map(([name, value]) => assignToWildcard({ name, value }, wildcards, target)),
	]);
}

// Those that the map names, else the one that the environment backend finds.
function servingNames(
	{ names, path }: Entry,
	values: ReadonlyMap<string, string>,
	isShared: boolean,
): readonly string[] {
	const named = names.filter((name) => values.has(name));
	if (named.length > 0) return named;
	return candidateNames(path, [], isShared)
		.filter((name) => values.has(name))
		.slice(0, 1);
}

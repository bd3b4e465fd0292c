import { candidateNames, findSharedEndings } from "../../backends/env/names.ts";
import { parseSecretPath } from "../../secret-path.ts";
import { suggestPath } from "../guide-path.ts";
import { type Assigned, refuseClashes } from "./assigned.ts";

/** Gives each variable the place that the recommended tree has for it, unless the environment would not serve it as that path. */
export function assignByName(values: ReadonlyMap<string, string>): readonly Assigned[] {
	const suggested = [...values].map(([name, value]): Assigned => {
		const suggestion = suggestPath(name);
		if ("why" in suggestion) return { name, value, reason: suggestion.why };
		const path = parseSecretPath(suggestion.path);
		const key = path.text.slice(path.secret.length + 1);
		return { name, value, place: { path, secret: path.secret, key } };
	});
	const isShared = findSharedEndings(suggested.flatMap(({ place }) => place?.path ?? []));
	const assigned = suggested.map((one): Assigned => {
		const { name, place, value } = one;
		if (place === undefined) return one;
		const { path } = place;
		if (candidateNames(path, [], isShared(path)).includes(name)) return one;
		return { name, value, reason: `needs a map to be known as ${path.text}: dsta-run init writes one` };
	});
	return refuseClashes(assigned);
}

import { candidatePrefixes } from "../../backends/env/names.ts";
import { isLoaderVariable, wildcardName } from "../../map/expand.ts";
import type { Entry } from "../../map/secret-map.ts";
import { parseSecretPath } from "../../secret-path.ts";
import { suggestPath } from "../guide-path.ts";
import type { Assigned, Variable } from "./assigned.ts";
import { assignToEntry, type Target } from "./by-entry.ts";

/** Why a variable stays that neither a line nor a wildcard takes. */
export const UNMAPPED = "is in no line of the map";

/** Makes a variable the field of the wildcard that takes it; of several the one with the longest prefix is the nearest. */
export function assignToWildcard(variable: Variable, wildcards: readonly Entry[], target: Target): Assigned {
	const { name } = variable;
	const matches = wildcards
		.flatMap((entry) => prefixesOf(entry, target).map((prefix) => ({ entry, prefix })))
		.filter(({ prefix }) => name.startsWith(prefix) && name !== prefix)
		.sort((one, other) => other.prefix.length - one.prefix.length);
	const [match, rival] = matches;
	if (match === undefined) return { ...variable, reason: UNMAPPED };
	const { entry, prefix } = match;
	if (rival?.prefix === prefix && rival.entry !== entry)
		return { ...variable, reason: `could go to ${entry.path.text} and to ${rival.entry.path.text}` };
	const key = name.slice(prefix.length).toLowerCase();
	const reason = reasonAgainstKey(key, { name, prefix, pattern: entry.names[0] as string });
	if (reason !== undefined) return { ...variable, reason };
	return assignToEntry(variable, { ...entry, path: parseSecretPath(`${entry.path.secret}#${key}`) }, target);
}

// A pattern without a prefix takes all that is in a file, which an environment is too mixed for.
function prefixesOf({ names, path }: Entry, { takesRest }: Target): readonly string[] {
	return [...candidatePrefixes(path, names), ...(takesRest && names[0] === "*" ? [""] : [])];
}

function reasonAgainstKey(
	key: string,
	{ name, pattern, prefix }: { readonly name: string; readonly pattern: string; readonly prefix: string },
): string | undefined {
	const back = wildcardName(pattern, key);
	if (back === undefined || (pattern === `${prefix}*` && back !== name))
		return `would come back as ${back ?? "no variable"} by ${pattern}`;
	if (isLoaderVariable(back)) return "changes how programs are loaded, which no wildcard may";
	const suggestion = prefix === "" ? suggestPath(name) : undefined;
	return suggestion !== undefined && "why" in suggestion ? suggestion.why : undefined;
}

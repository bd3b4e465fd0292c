import { BACKEND_NAMES, type BackendName } from "../../backends/registry.ts";
import { DstaError } from "../../errors.ts";
import type { Entry, SecretMap } from "../../map/secret-map.ts";
import { chainOf } from "../../resolve/chain.ts";
import { toText } from "../../resolve/validate.ts";
import type { SecretPath } from "../../secret-path.ts";
import type { Assigned, Variable } from "./assigned.ts";

/** Where variables are moved by which map. */
export interface Target {
	readonly map: SecretMap;
	readonly target: BackendName;
	/** Whether a pattern without a prefix takes what no other line does. */
	readonly takesRest: boolean;
}

/** Gives a variable the place of an entry, unless a run would not take it from there, or could not use it. */
export function assignToEntry(variable: Variable, entry: Entry, target: Target): Assigned {
	const { path } = entry;
	const key = keyOf(path);
	if (key === undefined) return { ...variable, reason: `goes to ${path.text}, which is no field of its own` };
	const reason = reasonAgainst(entry, target) ?? misfit(variable, entry);
	return reason === undefined
		? { ...variable, place: { path, secret: path.secret, key } }
		: { ...variable, reason };
}

// The field that holds the value and nothing else.
function keyOf({ selector }: SecretPath): string | undefined {
	if (selector.kind === "field") return selector.key;
	return selector.kind === "pointer" && selector.tokens.length === 1 ? selector.tokens[0] : undefined;
}

function reasonAgainst(entry: Entry, { map, target }: Target): string | undefined {
	const { as, backends, path, version } = entry;
	if (as !== undefined)
		return `holds the path of a file, whose content goes there by dsta-run put ${path.secret} KEY=@FILE`;
	const chain = chainOf(entry, { chain: (map.chain as readonly BackendName[] | undefined) ?? BACKEND_NAMES });
	if (!chain.includes(target)) return `is read at ${chain.join(" and ")} alone, says the map`;
	if (version !== undefined) return `is read in version ${version}, says the map, and a write makes another`;
	const own = Object.keys(backends?.[target] ?? {});
	return own.length === 0
		? undefined
		: `is read with a ${own.join(" and ")} of its own at ${target}, says the map`;
}

// What would keep a run from starting.
function misfit({ name, value }: Variable, entry: Entry): string | undefined {
	if (value.includes("\0")) return "holds a NUL character, which no variable can";
	try {
		toText(value, entry, name);
		return undefined;
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		return `fits no run: ${error.message}`;
	}
}

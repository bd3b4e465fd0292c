import type { DstaError } from "../errors.ts";
import type { Entry, Policy, Reaction } from "../map/secret-map.ts";

export interface PolicyOptions {
	/** Every failure stops. */
	readonly strict: boolean;
	/** The map's own policy, below that of an entry. */
	readonly on?: Policy | undefined;
}

/** What follows a failed read, and who says so. */
export interface Verdict {
	readonly reaction: Reaction;
	/** For people: `on.denied of the entry`. */
	readonly because: string;
}

/**
 * Whether the chain goes on after a failed read: by default to the next backend when this one is unavailable, and no further
 * when it refused, since a silent downgrade is how wrong credentials reach production.
 */
export function verdictOn(
	{ failureClass }: Pick<DstaError, "failureClass">,
	{ on = {} }: Pick<Entry, "on">,
	options: PolicyOptions,
): Verdict {
	if (options.strict) return { reaction: "stop", because: "strict" };
	if (failureClass !== "unavailable" && failureClass !== "denied")
		return { reaction: "stop", because: `${failureClass}: always` };
	const own = on[failureClass];
	if (own !== undefined) return { reaction: own, because: `on.${failureClass} of the entry` };
	const general = options.on?.[failureClass];
	if (general !== undefined) return { reaction: general, because: `on.${failureClass} of the map` };
	return {
		reaction: failureClass === "unavailable" ? "next" : "stop",
		because: `${failureClass}: the default`,
	};
}

/** What follows a failed read. */
export function reactionTo(error: DstaError, entry: Pick<Entry, "on">, options: PolicyOptions): Reaction {
	return verdictOn(error, entry, options).reaction;
}

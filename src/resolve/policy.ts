import type { DstaError } from "../errors.ts";
import type { Entry, Policy, Reaction } from "../map/secret-map.ts";

export interface PolicyOptions {
	/** Every failure stops. */
	readonly strict: boolean;
	/** The map's own policy, below that of an entry. */
	readonly on?: Policy | undefined;
}

/**
 * Whether the chain goes on after a failed read: by default to the next backend when this one is unavailable, and no further
 * when it refused, since a silent downgrade is how wrong credentials reach production.
 */
export function reactionTo(error: DstaError, entry: Pick<Entry, "on">, options: PolicyOptions): Reaction {
	if (options.strict) return "stop";
	switch (error.failureClass) {
		case "unavailable":
			return entry.on?.unavailable ?? options.on?.unavailable ?? "next";
		case "denied":
			return entry.on?.denied ?? options.on?.denied ?? "stop";
		default:
			return "stop";
	}
}

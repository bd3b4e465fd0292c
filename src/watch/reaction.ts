import type { ChangeReaction } from "../map/secret-map.ts";

/**
 * What follows when several reactions are asked for: the strongest, of `exit`, `restart` and `ignore` one; all signals and then all
 * commands where there is nothing stronger.
 */
export function joinReactions(
	asked: readonly ChangeReaction[],
): readonly [ChangeReaction, ...ChangeReaction[]] {
	for (const kind of ["exit", "restart"] as const) {
		const ending = asked.find((one) => one.kind === kind);
		if (ending !== undefined) return [ending];
	}
	const told = [
		...asked.filter(({ kind }) => kind === "signal"),
		...asked.filter(({ kind }) => kind === "exec"),
	];
	const [first, ...others] = new Map(told.map((one) => [JSON.stringify(one), one])).values();
	return first === undefined ? [{ kind: "ignore" }] : [first, ...others];
}

import type { SecretPath } from "../../secret-path.ts";

/** A variable of the source. */
export interface Variable {
	readonly name: string;
	readonly value: string;
}

/** Where a variable goes, or why it goes nowhere. One that serves several entries of the map has one of these for each. */
export interface Assigned extends Variable {
	readonly place?: Place;
	/** Why it stays where it is: the end of a sentence. */
	readonly reason?: string;
}

/** One field of a secret, and the path by which a run reads it. */
export interface Place {
	readonly path: SecretPath;
	readonly secret: string;
	readonly key: string;
}

/** Keeps those back that have different values for one place: which of them is meant only the user can say. */
export function refuseClashes(assigned: readonly Assigned[]): readonly Assigned[] {
	const reasons = new Map<Assigned, string>();
	const groups = Map.groupBy(assigned, ({ place }) => place && `${place.secret}\n${place.key}`);
	for (const [place, group] of groups) {
		if (place === undefined || new Set(group.map(({ value }) => value)).size === 1) continue;
		const names = group.map(({ name }) => name).join(" and ");
		for (const one of group) reasons.set(one, `${names} have different values for one path`);
	}
	return assigned.map((one) => {
		const reason = reasons.get(one);
		return reason === undefined ? one : { name: one.name, value: one.value, reason };
	});
}

import { DstaError } from "../errors.ts";
import type { SecretValue, WriteOptions } from "./backend.ts";
import { isObject } from "./select.ts";

/** What a write was made from. */
export interface Basis extends Pick<WriteOptions, "from"> {
	readonly secret: string;
	/** The name of the backend. */
	readonly backend: string;
}

/**
 * Makes sure that the fields which a write was made from still have their values; null is none.
 * @throws {DstaError} DSTA_CONFLICT one has another value, or none any more
 */
export function checkUnchanged(
	current: { readonly [key: string]: SecretValue },
	{ backend, from = new Map(), secret }: Basis,
): void {
	const changed = [...from].filter(
		([key, value]) => !isSame(Object.hasOwn(current, key) ? current[key] : undefined, value),
	);
	if (changed.length === 0) return;
	const names = changed.map(([key]) => key).join(", ");
	throw new DstaError("DSTA_CONFLICT", `Somebody else has changed ${names} of ${secret} since it was read`, {
		backend,
		path: secret,
		cure: "Nothing was written to it. Find out who else changes it, look at what it holds now, then try again.",
	});
}

// Numbers by their texts: 1.10 is not 1.1, and raw JSON shows its text in no other way.
function isSame(one: SecretValue | undefined, other: SecretValue | undefined): boolean {
	if (Array.isArray(one) && Array.isArray(other))
		return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
	if (isObject(one) && isObject(other)) {
		const keys = Object.keys(one);
		return (
			keys.length === Object.keys(other).length &&
			keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]))
		);
	}
	return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

import { DstaError } from "../errors.ts";
import type { SecretValue, WriteOptions } from "./backend.ts";

/** What is to be written, and over what. */
export interface Overwriting extends Pick<WriteOptions, "overwrite"> {
	readonly secret: string;
	readonly fields: ReadonlyMap<string, string>;
	/** The name of the backend. */
	readonly backend: string;
}

/**
 * Makes sure that a write which may not overwrite leaves every field alone that has another value already.
 * @throws {DstaError} DSTA_CONFLICT one has
 */
export function checkOverwrite(
	current: { readonly [key: string]: SecretValue },
	{ backend, fields, overwrite = true, secret }: Overwriting,
): void {
	if (overwrite) return;
	const differing = [...fields].filter(
		([key, text]) => Object.hasOwn(current, key) && !isAsWritten(current[key] as SecretValue, text),
	);
	if (differing.length === 0) return;
	const names = differing.map(([key]) => key).join(", ");
	throw new DstaError(
		"DSTA_CONFLICT",
		`${secret} has had another value for ${names} since it was looked at`,
		{
			backend,
			path: secret,
			cure: "Nothing was written to it. Look at what it holds now, then try again.",
		},
	);
}

/** Whether a stored value is the one that a text was written for; null is none yet. */
export function isAsWritten(stored: SecretValue, text: string): boolean {
	if (stored === null) return true;
	return (typeof stored === "string" ? stored : JSON.stringify(stored)) === text;
}

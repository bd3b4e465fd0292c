import type { ENTRY } from "../entry.ts";
import { DELIVERIES, ENCODINGS } from "../secret-map.ts";
import type { POLICY } from "../settings.ts";
import { VALUE_TYPES } from "../value-type.ts";
import { AWS_OF_ENTRY_SCHEMA } from "./aws.ts";
import { about, type Described, either, excluding, type JsonSchema, mapping, NEVER } from "./json-schema.ts";
import { ROTATE_SCHEMA } from "./rotate.ts";
import { ON_CHANGE } from "./run.ts";
import { BOOLEAN, listOf, NAME, oneOf, pattern, TEXT, WORD } from "./scalars.ts";
import { VAULT_OF_ENTRY } from "./vault.ts";

/** `on:`, what follows a failed read. */
export const POLICY_SCHEMA: JsonSchema = mapping({
	unavailable: about("When a backend gives no usable answer; next unless said.", oneOf(["next", "stop"])),
	denied: about("When a backend refuses; stop unless said.", oneOf(["next", "stop"])),
} satisfies Described<typeof POLICY>);

export function chainOf(backends: readonly string[]): JsonSchema {
	const items = oneOf(backends);
	return either(items, { type: "array", minItems: 1, uniqueItems: true, items });
}

/** What a line of the map gives its path: names, or a mapping with more. */
export function entrySchema(backends: readonly string[]): JsonSchema {
	return either(listOf(NAME), {
		...mapping(keysOf(listOf(NAME), backends)),
		...RULES,
	});
}

/** The same for a path that stands for all fields of a secret. */
export function wildcardSchema(backends: readonly string[]): JsonSchema {
	const PATTERN = pattern(/^(?:[A-Za-z_][A-Za-z0-9_]*)?\*$/);
	const one = either(PATTERN, { type: "array", minItems: 1, maxItems: 1, items: PATTERN });
	return either(one, { ...mapping({ ...keysOf(one, backends), default: NEVER }), ...RULES });
}

function keysOf(names: JsonSchema, backends: readonly string[]): Described<typeof ENTRY> {
	return {
		env: about("The variable that gets the value, or several.", names),
		default: about("The value when no backend has it.", TEXT),
		optional: about("Whether the variable is left out when no backend has it.", BOOLEAN),
		backend: about("The only backend to ask.", oneOf(backends)),
		chain: about("The backends to ask, in this order.", chainOf(backends)),
		on: about("What follows a failed read.", POLICY_SCHEMA),
		type: about("What the value must look like.", oneOf(VALUE_TYPES)),
		match: about("A regular expression that the value must match.", { ...WORD, format: "regex" }),
		decode: about("What the stored value is encoded in.", oneOf(ENCODINGS)),
		version: about("A number from 1 at Vault, a version id or a stage at AWS.", {
			...either({ type: "integer", minimum: 1 }, { ...WORD, type: "string" }),
		}),
		vault: about("How Vault is asked for it.", VAULT_OF_ENTRY),
		aws: about("How AWS is asked for it.", AWS_OF_ENTRY_SCHEMA),
		as: about("file: the variable holds the path of a file; fd: of a file in memory.", oneOf(DELIVERIES)),
		mode: about('The permissions of that file, in quotes: "0400".', {
			...either({ type: "integer", minimum: 0o400, maximum: 777 }, pattern(/^(?:0|0o)?[4-7][0-7]{2}$/)),
		}),
		on_change: about("What follows when it changes while the command runs.", ON_CHANGE),
		rotate: about("How it is rotated.", ROTATE_SCHEMA),
	};
}

/** What of an entry goes together, and what does not. */
const RULES: JsonSchema = {
	required: ["env"],
	dependencies: { mode: ["as"] },
	allOf: [
		excluding("backend", "chain"),
		given("vault", { required: ["engine"], properties: { engine: { const: "raw" } } }, { version: NEVER }),
		given("aws", either({ required: ["stage"] }, { required: ["version_id"] }), {
			version: either({ type: "integer" }, pattern(/^\d+$/)),
		}),
	],
};

/** What else holds where a key has a value of some kind. */
function given(key: string, value: JsonSchema, properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
	// biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
	return { if: { required: [key], properties: { [key]: value } }, then: { properties } };
}

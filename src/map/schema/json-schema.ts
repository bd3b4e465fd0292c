/** A JSON Schema of draft 7, which editors know best. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** A schema for every key that a mapping of the map may have: a new key has none until it is described here. */
export type Described<Keys> = Readonly<Record<keyof Keys, JsonSchema>>;

/** A mapping with these keys and no others. */
export function mapping(properties: Readonly<Record<string, JsonSchema>>, more: JsonSchema = {}): JsonSchema {
	return { type: "object", properties, additionalProperties: false, ...more };
}

/** A schema with the text that an editor shows for it. */
export function about(description: string, schema: JsonSchema): JsonSchema {
	return { description, ...schema };
}

/** One of several. */
export function either(...anyOf: readonly JsonSchema[]): JsonSchema {
	return { anyOf };
}

/** Of these keys at most one may be there. */
export function excluding(one: string, other: string): JsonSchema {
	return { not: { required: [one, other] } };
}

/** What nothing is right for. */
export const NEVER: JsonSchema = { not: {} };

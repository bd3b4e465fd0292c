import type { Selector } from "../secret-path.ts";
import type { SecretValue } from "./backend.ts";

/** The part of a secret's content that a selector names; `undefined` when it is not there, is null, or has no field. */
export function selectValue(content: SecretValue, selector: Selector): SecretValue | undefined {
	switch (selector.kind) {
		case "whole":
			return content ?? undefined;
		case "all":
			return isObject(content) && Object.values(content).some((value) => value !== null)
				? content
				: undefined;
		case "field":
			return (isObject(content) ? ownValue(content, selector.key) : undefined) ?? undefined;
		case "pointer":
			return selector.tokens.reduce<SecretValue | undefined>(descend, content) ?? undefined;
	}
}

/** Whether a value is a JSON object; a number that keeps its text is none. */
export function isObject(value: SecretValue | undefined): value is { readonly [key: string]: SecretValue } {
	return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

function isRawNumber(value: object): boolean {
	return Object.getPrototypeOf(value) === null && "rawJSON" in value && Object.isFrozen(value);
}

function descend(value: SecretValue | undefined, token: string): SecretValue | undefined {
	if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(token) ? value[Number(token)] : undefined;
	return isObject(value) ? ownValue(value, token) : undefined;
}

// A field named "constructor" or "__proto__" is a field like any other.
function ownValue(content: { readonly [key: string]: SecretValue }, key: string): SecretValue | undefined {
	return Object.hasOwn(content, key) ? content[key] : undefined;
}

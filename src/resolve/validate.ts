import type { SecretValue } from "../backends/backend.ts";
import { DstaError } from "../errors.ts";
import type { Encoding } from "../map/secret-map.ts";
import { misfitOf, type ValueType } from "../map/value-type.ts";
import type { SecretPath } from "../secret-path.ts";

/** What makes a value fit for its variable. */
export interface ValueRules {
	readonly path: SecretPath;
	readonly type?: ValueType | undefined;
	readonly match?: RegExp | undefined;
	readonly decode?: Encoding | undefined;
}

/**
 * The text that a variable gets for a found value: decoded, then checked against `type` and `match`.
 * @throws {DstaError} DSTA_INVALID_VALUE it does not fit; the message never shows it
 */
export function toText(value: SecretValue, rules: ValueRules, name: string): string {
	const text = checkDecoded(stringify(value, rules, name), rules, name);
	const misfit = misfitOf(text, rules);
	if (misfit !== undefined) throw invalid(rules, name, misfit);
	return text;
}

function stringify(value: SecretValue, rules: ValueRules, name: string): string {
	if (typeof value === "string") return value;
	const json = JSON.stringify(value);
	const isStructure = /^[[{]/.test(json);
	if (!isStructure || rules.type === "json" || rules.path.selector.kind === "pointer") return json;
	throw invalid(
		rules,
		name,
		`is a JSON ${json.startsWith("[") ? "array" : "object"}, which has no one text`,
		`${partsOf(rules.path)}, or say type: json.`,
	);
}

/** How to name what lies in a structured value. */
function partsOf({ secret, selector }: SecretPath): string {
	if (selector.kind === "whole")
		return `Name one of its fields (${secret}#FIELD), take them all (${secret}/*)`;
	if (selector.kind === "all")
		return `Name what you need of it in a line of its own (${secret}#/FIELD/PART: NAME)`;
	const key = selector.kind === "field" ? selector.key : "";
	const own =
		selector.kind === "field" && selector.explicit
			? ""
			: `, or ${secret}/${key}#PART where it is a secret of its own`;
	return `Name a part of it (${secret}#/${key.replaceAll("~", "~0").replaceAll("/", "~1")}/PART${own})`;
}

function checkDecoded(text: string, rules: ValueRules, name: string): string {
	if (rules.decode === undefined) return text;
	const decoded = decode(text.trim(), rules.decode);
	if (decoded !== undefined) return decoded;
	throw invalid(rules, name, `is not the ${rules.decode} of UTF-8 text (decode: ${rules.decode})`);
}

function decode(text: string, encoding: Encoding): string | undefined {
	const compact = text.replace(/\r?\n/g, "");
	if (!ALPHABETS[encoding].test(compact) || (encoding === "hex" && compact.length % 2 === 1))
		return undefined;
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(compact, encoding));
	} catch {
		return undefined;
	}
}

// RFC 4648; padding may be left out, as many tools do.
const ALPHABETS: Readonly<Record<Encoding, RegExp>> = {
	base64: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/,
	base64url: /^(?:[\w-]{4})*(?:[\w-]{2}(?:==)?|[\w-]{3}=?)?$/,
	hex: /^[\da-f]*$/i,
};

function invalid({ path }: ValueRules, name: string, reason: string, cure?: string): DstaError {
	// Where no variable is to have it, its path stands for one.
	const target = name === path.text ? "" : ` for ${name}`;
	return new DstaError("DSTA_INVALID_VALUE", `The value of ${path.text}${target} ${reason}`, {
		path: path.text,
		cure: cure ?? `Put a right value into ${path.text}, or change what the map says of it.`,
	});
}

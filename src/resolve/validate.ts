import { isUtf8 } from "node:buffer";
import type { SecretValue } from "../backends/backend.ts";
import { DstaError } from "../errors.ts";
import { decodeBytes } from "../launch/native/bytes.ts";
import type { Delivery, Encoding } from "../map/secret-map.ts";
import { misfitOf, type ValueType } from "../map/value-type.ts";
import type { SecretPath } from "../secret-path.ts";

/** What makes a value fit for its variable. */
export interface ValueRules {
	readonly path: SecretPath;
	/** Who had the value, where somebody did. */
	readonly origin?: string | undefined;
	readonly type?: ValueType | undefined;
	readonly match?: RegExp | undefined;
	readonly decode?: Encoding | undefined;
	readonly as?: Delivery | undefined;
}

/**
 * The text that a variable, or its file, gets for a found value: decoded, then checked against `type` and `match`.
 * That of a file stands for any bytes, as `decodeBytes` makes it.
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
	if (rules.decode === undefined) {
		// What is no text would become other bytes in a file; in a variable it is refused with what else it cannot hold.
		if (rules.as === undefined || text.isWellFormed()) return text;
		throw invalid(rules, name, "is not valid Unicode", "Store it in base64, and say decode: base64.");
	}
	const bytes = decode(text.trim(), rules.decode);
	if (bytes !== undefined && (rules.as !== undefined || isUtf8(bytes))) return decodeBytes(bytes);
	throw invalid(
		rules,
		name,
		`is not ${rules.decode}${bytes === undefined ? "" : " of UTF-8 text"} (decode: ${rules.decode})`,
		bytes === undefined ? undefined : "Give it to the command as a file (as: file), which holds any bytes.",
	);
}

function decode(text: string, encoding: Encoding): Buffer | undefined {
	const compact = text.replace(/\r?\n/g, "");
	if (!ALPHABETS[encoding].test(compact) || (encoding === "hex" && compact.length % 2 === 1))
		return undefined;
	return Buffer.from(compact, encoding);
}

// RFC 4648; padding may be left out, as many tools do.
const ALPHABETS: Readonly<Record<Encoding, RegExp>> = {
	base64: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/,
	base64url: /^(?:[\w-]{4})*(?:[\w-]{2}(?:==)?|[\w-]{3}=?)?$/,
	hex: /^[\da-f]*$/i,
};

function invalid({ origin, path }: ValueRules, name: string, reason: string, cure?: string): DstaError {
	// Where no variable is to have it, its path stands for one.
	const target = name === path.text ? "" : ` for ${name}`;
	const place = origin === undefined ? "" : ` at ${origin}`;
	return new DstaError("DSTA_INVALID_VALUE", `The value of ${path.text}${place}${target} ${reason}`, {
		...(origin === undefined ? {} : { backend: origin }),
		path: path.text,
		cure: cure ?? `Put a right value into ${path.text}, or change what the map says of it.`,
	});
}

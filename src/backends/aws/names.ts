import type { ReadRequest, SecretValue } from "../backend.ts";
import { selectValue } from "../select.ts";

/** One way of reading a path: the name of a secret, and what of it is the value. */
export interface Form {
	readonly id: string;
	/** Where that is, in words: `dsta/exchange/binance key api_key`. */
	readonly location: string;
	/** Whether the name begins with the prefix: the recommended policy grants no others. */
	readonly isPrefixed: boolean;
	/** The value in the secret's content; `undefined` when it is not there. */
	readonly select: (content: SecretValue) => SecretValue | undefined;
}

/**
 * The ways of reading a path, best first: field `c` of `dsta/a/b`, then `dsta/a/b/c` as a whole, then both without the
 * prefix. What was written with `#`, a wildcard and a single segment name their secret outright.
 */
export function formsOf({ path }: Pick<ReadRequest, "path">, prefix: string): readonly Form[] {
	const { secret, selector } = path;
	const prefixes = prefix === "" ? [""] : [prefix, ""];
	return prefixes
		.flatMap((start): Form[] => {
			const id = `${start}${secret}`;
			const isPrefixed = start === prefix;
			const part: Form = {
				id,
				location: `${id}${wordsFor(path)}`,
				isPrefixed,
				select: (content) => selectValue(content, selector),
			};
			if (selector.kind !== "field" || selector.explicit) return [part];
			const whole = `${id}/${selector.key}`;
			return [part, { id: whole, location: whole, isPrefixed, select: (content) => content ?? undefined }];
		})
		.filter(({ id }) => isPossible(id));
}

function wordsFor({ selector }: ReadRequest["path"]): string {
	switch (selector.kind) {
		case "field":
			return ` key ${selector.key}`;
		case "pointer":
			return ` at ${selector.tokens.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")}`;
		default:
			return "";
	}
}

/** Whether an id is an ARN, which names a region and may be cut short. */
export function isArn(id: string): boolean {
	return ARN.test(id);
}

/** The region that an ARN names; `undefined` for a name. */
export function regionOfArn(id: string): string | undefined {
	return ARN.exec(id)?.[1];
}

const ARN = /^arn:aws[\w-]*:secretsmanager:([\w-]+):\d{12}:secret:[\w/+=.@!-]+$/;

// One impossible name in a batch would make AWS refuse the other nineteen.
function isPossible(id: string): boolean {
	return isPossibleName(id) || isArn(id);
}

/** Whether AWS allows a name. */
export function isPossibleName(name: string): boolean {
	return /^[\w/+=.@!-]+$/.test(name) && name.length <= 512;
}

/** How AWS wants a pinned version to be named; `undefined` when it can be none of its versions. */
export function versionOf(
	version: string | number | undefined,
): { readonly VersionId?: string; readonly VersionStage?: string } | undefined {
	if (version === undefined) return {};
	// Vault counts versions, AWS does not.
	if (typeof version === "number" || /^\d{1,31}$/.test(version) || version === "") return undefined;
	return /^[\dA-Za-z-]{32,64}$/.test(version) ? { VersionId: version } : { VersionStage: version };
}

import { isArn } from "../../secret-path.ts";
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
export function formsOf(request: ReadRequest, prefix: string): readonly Form[] {
	const { path } = request;
	const { secret, selector } = path;
	const version = wordsForVersion(versionOf(request));
	const prefixes = prefix === "" || isArn(secret) ? [""] : [prefix, ""];
	return prefixes
		.flatMap((start): Form[] => {
			const id = `${start}${secret}`;
			const isPrefixed = start === prefix;
			const part: Form = {
				id,
				location: `${id}${wordsFor(path)}${version}`,
				isPrefixed,
				select: (content) => selectValue(content, selector),
			};
			if (selector.kind !== "field" || selector.explicit) return [part];
			const whole = `${id}/${selector.key}`;
			const select = (content: SecretValue) => content ?? undefined;
			return [part, { id: whole, location: `${whole}${version}`, isPrefixed, select }];
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

function wordsForVersion({ VersionId, VersionStage }: Version = {}): string {
	if (VersionStage !== undefined) return ` in stage ${VersionStage}`;
	return VersionId === undefined ? "" : ` in version ${VersionId}`;
}

// One impossible name in a batch would make AWS refuse the other nineteen.
function isPossible(id: string): boolean {
	return isPossibleName(id) || isArn(id);
}

/** Whether AWS allows a name. */
export function isPossibleName(name: string): boolean {
	return /^[\w/+=.@!-]+$/.test(name) && name.length <= 512;
}

/** How AWS wants a version to be named; empty for the current one. */
export interface Version {
	readonly VersionId?: string;
	readonly VersionStage?: string;
}

/** The version that a request pins, for AWS alone or for all backends; `undefined` when it can be none of AWS's. */
export function versionOf({
	overrides = {},
	version,
}: Pick<ReadRequest, "overrides" | "version">): Version | undefined {
	if (overrides.stage !== undefined) return { VersionStage: String(overrides.stage) };
	if (overrides.version_id !== undefined) return { VersionId: String(overrides.version_id) };
	if (version === undefined) return {};
	// Vault counts versions, AWS does not.
	if (typeof version === "number" || /^\d{1,31}$/.test(version) || version === "") return undefined;
	return /^[\dA-Za-z-]{32,64}$/.test(version) ? { VersionId: version } : { VersionStage: version };
}

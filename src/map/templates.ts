import type { SecretPath } from "../secret-path.ts";
import { wildcardName } from "./expand.ts";
import { type Context, complain, readText } from "./fields.ts";
import { readInsertion, type Scope } from "./insertion.ts";
import { claimName, complainOfName, isName } from "./names.ts";
import { type MappingNode, placeIn, type ScalarNode, type YamlNode } from "./node.ts";
import { type Entry, type Insertion, isRaw, isWildcard, type Template } from "./secret-map.ts";

/**
 * Reads lines `NAME: a text with ${path|filter} in it`. A path that has an entry is read as that entry says, and a path in a
 * secret whose fields a wildcard takes, as the wildcard says. A path of another engine is asked as another entry of it says.
 */
export function readTemplates(
	{ pairs }: MappingNode,
	entries: readonly Entry[],
	context: Context,
): readonly Template[] {
	for (const { key } of pairs)
		if (isName(key.text)) claimName(key, context);
		else complainOfName(key, context);
	const paths = new Set(entries.map(({ path }) => path.text));
	const namesAlone = (names: Iterable<string>) => new Set([...names].filter((name) => !paths.has(name)));
	const scope: Scope = {
		sourceOf: createSources(entries, context),
		templates: namesAlone(pairs.map(({ key }) => key.text)),
		variables: namesAlone(context.names.keys()),
		context,
	};
	return pairs.map(({ key, value }) => ({ name: key.text, parts: readParts(value, key.text, scope) }));
}

function createSources(entries: readonly Entry[], { names }: Context): Scope["sourceOf"] {
	const sources = new Map(entries.map((entry) => [entry.path.text, entry]));
	const wildcards = new Map(entries.filter(isWildcard).map((entry) => [entry.path.secret, entry]));
	const raw = new Map(entries.filter(isRaw).map((entry) => [entry.path.secret, howToAsk(entry)]));
	function createSource(path: SecretPath): Entry {
		const wildcard = wildcards.get(path.secret);
		if (wildcard === undefined || path.selector.kind !== "field")
			return { ...(wildcard ?? raw.get(path.secret)), path, names: [] };
		// The variable that may hold it in the environment, unless another line has that one.
		const name = wildcardName(wildcard.names[0] as string, path.selector.key);
		return { ...wildcard, path, names: name === undefined || names.has(name) ? [] : [name] };
	}
	return (path) => {
		const source = sources.get(path.text) ?? createSource(path);
		sources.set(path.text, source);
		return source;
	};
}

function howToAsk({ backend, backends, chain, on }: Entry): Partial<Entry> {
	const given = Object.entries({ backend, backends, chain, on }).filter(([, value]) => value !== undefined);
	return Object.fromEntries(given);
}

/** A dollar sign, the braces of a secret, or a wrong beginning of one of these. */
const TOKEN = /\$\$|\$\{(?:(?!\$\{)[^}])*\}|\$\{?/g;

function readParts(node: YamlNode, label: string, scope: Scope): Template["parts"] {
	const text = readText(node, label, scope.context);
	if (text === undefined || node.kind !== "scalar") return [];
	const tokens = [...text.matchAll(TOKEN)];
	if (tokens.every(([token]) => token === "$$"))
		complain(node, `${label} has no place for a secret: write \${path} into it`, scope.context);
	let end = 0;
	const parts = tokens.flatMap(({ 0: token, index }) => {
		const before = text.slice(end, index);
		end = index + token.length;
		return [before, readToken({ node, token, index }, scope)];
	});
	return [...parts, text.slice(end)].filter((part) => part !== "");
}

interface Token {
	readonly node: ScalarNode;
	readonly token: string;
	readonly index: number;
}

function readToken({ index, node, token }: Token, scope: Scope): string | Insertion {
	if (token === "$$") return "$";
	if (token.endsWith("}"))
		return readInsertion({ node, inside: token.slice(2, -1), index: index + 2 }, scope) ?? "";
	const sentence =
		token === "$"
			? `a $ begins the place of a secret, \${path}: write $$ for a dollar sign`
			: `a \${ is not closed: a } must follow its path`;
	scope.context.problems.add(placeIn(node, index), sentence);
	return "";
}

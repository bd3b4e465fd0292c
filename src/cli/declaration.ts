import { type Entry, isWildcard, type SecretMap, sourcesOf, type Template } from "../map/secret-map.ts";

/** What TypeScript is to know of the variables that a command gets by a map: a declaration of `process.env`. */
export function declareEnvironment({ entries, file, templates = [] }: SecretMap): string {
	const members = [...entries.flatMap(membersOf), ...templates.map(memberOf)];
	// Two wildcards may have one pattern.
	const unique = [...new Map(members.map((member) => [member.key, member])).values()];
	return [
		`// The variables of ${oneLine(file)}. Made by dsta-run types: make it again when the map has changed.`,
		"declare namespace NodeJS {",
		"\tinterface ProcessEnv {",
		...unique.flatMap(({ about, key, type }) =>
			[`/** ${comment(about)} */`, `readonly ${key}: ${type};`].map((line) => `\t\t${line}`),
		),
		"\t}",
		"}",
		"",
	].join("\n");
}

interface Member {
	readonly key: string;
	readonly type: "string" | "string | undefined";
	/** Where it comes from. */
	readonly about: string;
}

function membersOf(entry: Entry): readonly Member[] {
	const { as, default: fallback, names, path, type } = entry;
	if (isWildcard(entry)) {
		// All that begins with nothing is what @types/node says already.
		const prefixes = names.map((pattern) => pattern.slice(0, -1)).filter((prefix) => prefix !== "");
		return prefixes.map((prefix) => ({
			key: `[name: \`${prefix}\${string}\`]`,
			type: "string | undefined",
			about: `Each field of ${path.secret}.`,
		}));
	}
	const notes = [type, fallback === undefined ? undefined : "has a default"].filter(
		(note) => note !== undefined,
	);
	const what = as === undefined ? path.text : `The path of a file that holds ${path.text}`;
	const about = `${what}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}.`;
	return names.filter(isOurs).map((name) => ({ ...keyFor(name, isOptional(entry)), about }));
}

function memberOf(template: Template): Member {
	const sources = sourcesOf([template]);
	const about = `Made of ${sources.map(({ path }) => path.text).join(", ")}.`;
	return { ...keyFor(template.name, sources.some(isOptional)), about };
}

function keyFor(name: string, optional: boolean): Pick<Member, "key" | "type"> {
	return optional ? { key: `${name}?`, type: "string | undefined" } : { key: name, type: "string" };
}

// @types/node has it, and another declaration would contradict that.
function isOurs(name: string): boolean {
	return name !== "TZ";
}

function isOptional({ default: fallback, optional }: Entry): boolean {
	return optional === true && fallback === undefined;
}

function comment(text: string): string {
	return oneLine(text).replaceAll("*/", "*\\/");
}

function oneLine(text: string): string {
	return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}

import type { SecretPath } from "../secret-path.ts";
import { wildcardName } from "./expand.ts";
import { type Context, complain, type Reader } from "./fields.ts";
import { isNothing, type YamlNode } from "./node.ts";

/** A variable's name, or a wildcard's pattern, with its place in the text. */
export interface NameNode {
	readonly text: string;
	readonly offset: number;
}

/** One name or a list of names, unchecked: what they must be depends on the path. */
export const readNames: Reader<readonly NameNode[]> = (node, label, context) => {
	if (node.kind === "mapping") return complain(node, `${label} must be a name or a list of names`, context);
	const items = node.kind === "list" ? node.items : [node];
	if (items.length === 0) return complain(node, `${label} is an empty list of names`, context);
	for (const item of items)
		if (item.kind !== "scalar") return complain(item, "a list of names holds only names", context);
		else if (isNothing(item)) return complain(item, `${label} has no variable name`, context);
	return items as readonly NameNode[] & readonly YamlNode[];
};

/** Whether a text is a variable's name. */
export function isName(text: string): boolean {
	return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
}

/** Notes what is wrong with the names of a path; answers those that are right. */
export function checkNames(
	names: readonly NameNode[],
	path: SecretPath,
	{ problems }: Context,
): readonly NameNode[] {
	if (path.selector.kind !== "all") return names.filter((name) => isRightName(name, path, problems));
	if (names.length <= 1) return names.filter((name) => isRightPattern(name, path, problems));
	const sentence = `${path.text} takes one name that ends in *, not a list of names`;
	problems.add((names[1] as NameNode).offset, sentence);
	return [];
}

/** Notes a name that somebody else has. */
export function claimName({ offset, text }: NameNode, { names, problems }: Context): void {
	const first = names.get(text);
	if (first === undefined) names.set(text, offset);
	// Two wildcards of one prefix need not meet: that shows when their keys are known.
	else if (!text.endsWith("*"))
		problems.add(
			Math.max(first, offset),
			`${text} gets a value twice, first at ${problems.locate(Math.min(first, offset))}`,
		);
}

/** Notes a text that is no variable's name. */
export function complainOfName({ offset, text }: NameNode, { problems }: Pick<Context, "problems">): void {
	const meant = text.replace(/^\$\{?|\}$/g, "").replace(/\W/g, "_");
	const named = /^\d/.test(meant) ? `_${meant}` : meant;
	const hint = /[A-Za-z]/.test(text) && isShowable(text) && isName(named) ? `; did you mean "${named}"?` : "";
	const subject = isShowable(text) ? `"${text}"` : "this";
	problems.add(offset, `${subject} is no variable name (letters, digits and _, no digit first)${hint}`);
}

/** A name that would do for a path, for examples. */
export function exampleName(path: string): string {
	return wildcardName("*", path.replace(/#\/?/, "/")) ?? "NAME";
}

/** Whether a scalar could be a name that somebody mistyped, and no value that a message must not show. */
export function isShowable(text: string): boolean {
	return /^[\w ./*#${}-]{1,80}$/.test(text);
}

type Sink = Context["problems"];

function isRightName(name: NameNode, path: SecretPath, problems: Sink): boolean {
	const { offset, text } = name;
	if (isName(text)) return true;
	if (isPattern(text)) {
		const sentence = `"${text}" ends in *, so its path must end in /*; did you mean "${wildcardOf(path)}"?`;
		problems.add(offset, sentence);
	} else complainOfName(name, { problems });
	return false;
}

function isRightPattern({ offset, text }: NameNode, path: SecretPath, problems: Sink): boolean {
	if (isPattern(text)) return true;
	const hint = isName(text) ? `; did you mean "${text}${text.endsWith("_") ? "" : "_"}*"?` : "";
	const subject = isShowable(text) ? `"${text}"` : "this";
	problems.add(offset, `${path.text} needs a name that ends in *, which ${subject} is not${hint}`);
	return false;
}

function isPattern(text: string): boolean {
	return text === "*" || (text.endsWith("*") && isName(text.slice(0, -1)));
}

function wildcardOf({ secret, selector, text }: SecretPath): string {
	return selector.kind === "field" && !selector.explicit ? `${text}/*` : `${secret}/*`;
}

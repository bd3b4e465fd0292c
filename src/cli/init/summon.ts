import { findPair, type MappingNode, type PairNode } from "../../map/node.ts";
import { usage } from "../mistakes.ts";
import { createDraft, type Draft, type DraftBuilder, lineAt, type Place, type Reason } from "./draft.ts";
import { parseMapping } from "./tagged-yaml.ts";

/** The sections that every environment has a part in. */
const COMMON = ["common", "default"];

/**
 * Makes a draft of a secrets.yml of summon: `NAME: !var path`, `!var:file`, or one of its environments with what is common.
 * https://github.com/cyberark/summon#secretsyml-flags
 * @throws {DstaError} DSTA_CONFIG it is no such file · DSTA_USAGE it has environments, and none of them is named
 */
export function readSummon(
	text: string,
	{ file, section }: { readonly file: string; readonly section: string | undefined },
): Draft {
	const draft = createDraft();
	const { pairs } = parseMapping(text, file);
	const files = pairs.find(({ key }) => key.text === "summon.files");
	if (files !== undefined) draft.leave(files.key.text, RENDERED, lineAt(text, files.key.offset));
	const given = pairs.filter((pair) => pair !== files);
	for (const pair of linesOf(given, section, file)) addPair(draft, pair, lineAt(text, pair.key.offset));
	draft.note(PROVIDER);
	return draft;
}

const RENDERED = {
	why: "renders files of several secrets, which dsta-run does not",
	instead:
		"give the program each secret as a file of its own (as: file), or let it render its file at its start",
};

const PROVIDER =
	"The paths are those of summon's provider. If that was neither Vault nor AWS, this moves the values: summon dsta-run migrate --from env --to vault";

function linesOf(given: readonly PairNode[], section: string | undefined, file: string): readonly PairNode[] {
	const sections = given.filter(
		(pair): pair is PairNode & { value: MappingNode } => pair.value.kind === "mapping",
	);
	if (sections.length < given.length || given.length === 0) {
		if (section === undefined) return given;
		throw usage(
			`${file} has no environments, so --section ${section} is none of them`,
			"Leave out --section.",
		);
	}
	const names = sections.map(({ key }) => key.text).filter((name) => !COMMON.includes(name));
	const own = sections.find(({ key }) => key.text === section)?.value;
	if (own === undefined)
		throw usage(
			`${file} has several environments${section === undefined ? "" : `, and ${JSON.stringify(section)} is none of them`}`,
			`Write a map for each: --section ${names[0] ?? "NAME"} (there are ${names.join(", ")}).`,
		);
	const common = sections.find(({ key }) => COMMON.includes(key.text))?.value.pairs ?? [];
	return [...common.filter(({ key }) => findPair(own, key.text) === undefined), ...own.pairs];
}

function addPair(draft: DraftBuilder, { key: { text: name }, value }: PairNode, line: number): void {
	const isScalar = value.kind === "scalar";
	const { tag = "", text } = isScalar ? value : { text: "" };
	const flags = tag.replace(/default='.*'/, "").split(/[!:]/);
	if (/default='/.test(tag)) draft.leave(name, DEFAULT, line);
	draft.add(name, isScalar ? placeOf(text.trim(), flags) : MIXED, line);
}

function placeOf(text: string, flags: readonly string[]): Place | Reason {
	if (!flags.includes("var")) return LITERAL;
	const path = text.replace(/^\/+/, "");
	if (/(?<!\$)(?:\$\$)*\$\w/.test(path))
		return {
			why: "has a path with a variable in it (summon -D)",
			instead: `write the line by hand, with the path of this environment for ${path}`,
		};
	return { path: path.replaceAll("$$", "$"), ...(flags.includes("file") ? { as: "file" } : {}) };
}

const MIXED = {
	why: "is an environment beside variables, which summon does not take",
	instead: "see which is meant",
};

const DEFAULT = {
	why: "has a default, which may be a secret and was not copied",
	instead: "add default: to its entry if it is none",
};

const LITERAL = {
	why: "has its value in the file itself, and no value was copied",
	instead: "set it in the environment, or write an entry with a default if it is no secret",
};

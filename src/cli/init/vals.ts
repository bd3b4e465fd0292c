import { addVariables } from "./dotenv.ts";
import { createDraft, type Draft, lineAt } from "./draft.ts";
import { parseMapping } from "./tagged-yaml.ts";

/**
 * Makes a draft of the YAML that `vals exec` and `vals env` read: a variable in each line, and a reference or a value.
 * @throws {DstaError} DSTA_CONFIG it is none
 */
export function readVals(text: string, { file }: { readonly file: string }): Draft {
	const draft = createDraft();
	const given = parseMapping(text, file).pairs.map((pair) => ({
		...pair,
		line: lineAt(text, pair.key.offset),
	}));
	for (const { key, line, value } of given) if (value.kind !== "scalar") draft.leave(key.text, SEVERAL, line);
	const variables = given.flatMap(({ key, line, value }) =>
		value.kind === "scalar" ? { name: key.text, value: value.text, line } : [],
	);
	addVariables(draft, variables, file);
	return draft;
}

const SEVERAL = {
	why: "holds several values",
	instead: "write a line for each of them, or an entry with type: json",
};

import { type Format, lineByLine } from "./format.ts";

/** One mapping, its values texts. */
export const YAML: Format = {
	// A mapping of nothing has no line.
	render: (variables) => (variables.size === 0 ? "{}\n" : RENDER_LINES(variables, "")),
};

const RENDER_LINES = lineByLine((name, value) => `${yamlText(name)}: ${yamlText(value)}`);

/** A text in YAML 1.1 and 1.2: JSON without the characters that one of them does not take, or takes for the end of a line. */
export function yamlText(text: string): string {
	return JSON.stringify(text).replace(
		/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
		(character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}

import { parseAssignments } from "../../backends/env/dotenv.ts";
import { suggestPath } from "../guide-path.ts";
import { createDraft, type Draft, type DraftBuilder, lineAt, type Place, type Reason } from "./draft.ts";
import { readReference } from "./references.ts";

/**
 * Makes a draft of a dotenv file: of each variable its name alone, unless its value is a reference to a secret.
 * @throws {DstaError} DSTA_CONFIG it is none
 */
export function readDotenv(text: string, { file }: { readonly file: string }): Draft {
	const draft = createDraft();
	const source = text.replace(/\r\n?/g, "\n");
	// Of several lines for one variable the last counts.
	const assignments = new Map(parseAssignments(source, file).map((one) => [one.name, one]));
	const variables = [...assignments.values()].map(({ name, start, value }) => ({
		name,
		value,
		line: lineAt(source, start),
	}));
	addVariables(draft, variables, file);
	return draft;
}

/** A variable of the source. */
export interface GivenVariable {
	readonly name: string;
	readonly value: string;
	readonly line: number;
}

/** Adds variables by the references that they hold, else by their names. */
export function addVariables(
	{ add, note, settings }: DraftBuilder,
	variables: readonly GivenVariable[],
	file: string,
): void {
	/** What has which path by its name. */
	const values = new Map<string, string>();
	for (const variable of variables) {
		const reference = readReference(variable.value);
		add(variable.name, reference ?? suggestFor(variable, values), variable.line);
		if (reference !== undefined) settings.hasReferences = true;
		if (/^(?:op|ref\+op):\/\//.test(variable.value)) note(ONE_PASSWORD);
	}
	if (settings.hasReferences)
		note(
			`env is not in the chain, since ${file} holds references, which would be handed over as if they were values.`,
		);
}

const ONE_PASSWORD =
	"Values lie in 1Password, which dsta-run does not read. This moves them: op run --env-file .env -- dsta-run migrate --from env --to vault";

function suggestFor({ name, value }: GivenVariable, values: Map<string, string>): Place | Reason {
	const suggestion = suggestPath(name);
	if ("why" in suggestion) return suggestion;
	const other = values.get(suggestion.path) ?? value;
	values.set(suggestion.path, other);
	return other === value ? suggestion : OTHER_VALUE;
}

const OTHER_VALUE = {
	why: "has another value than a variable of the same path",
	instead: "see which of them is right, or give it a path of its own in the map",
};

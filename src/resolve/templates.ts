import { DstaError } from "../errors.ts";
import { MAX_STRING_BYTES } from "../launch/size.ts";
import { type Entry, type Filter, sourcesOf, type Template } from "../map/secret-map.ts";
import { SecretValues } from "../secret-values.ts";
import type { Outcome, Resolution } from "./resolve.ts";

/** What became of one template. */
export interface Filling extends Outcome {
	/** What became of the entries that it takes values from. */
	readonly sources: readonly Resolution[];
}

/**
 * Fills templates from what became of their sources. A template fails with its sources, and gives no value where one of them,
 * being optional, has none.
 */
export function fillTemplates(
	templates: readonly Template[],
	resolutions: readonly Resolution[],
): readonly Filling[] {
	const bySource = new Map(resolutions.map((resolution) => [resolution.entry, resolution]));
	return templates.map((template) => {
		const sources = sourcesOf([template]).map((source) => bySource.get(source) as Resolution);
		return { ...NOTHING, names: [template.name], sources, ...fill(template, sources) };
	});
}

const NOTHING = { values: new SecretValues(), errors: [], invalid: new Map(), missing: [] } as const;

function fill({ name, parts }: Template, sources: readonly Resolution[]): Partial<Outcome> {
	const errors = sources.flatMap((source) => source.errors);
	if (errors.length > 0) return { errors, missing: sources.flatMap(({ missing }) => missing) };
	// All variables of an entry have the same value.
	const texts = new Map(
		sources.flatMap(({ entry, values }) => [...values.values()].map((text) => [entry, text])),
	);
	if (texts.size < sources.length) return {};
	const broken = sources.find(({ entry }) => texts.get(entry)?.isWellFormed() === false);
	if (broken !== undefined) return refuse(name, notUnicode(broken.entry, name));
	let filled = "";
	for (const part of parts) {
		filled += typeof part === "string" ? part : applyFilters(texts.get(part.source) as string, part.filters);
		if (isTooLong(filled)) return refuse(name, tooLong(name));
	}
	return { values: new SecretValues([[name, filled]]) };
}

// None makes a text shorter: what is too long stays so, and would only grow.
function applyFilters(value: string, filters: readonly Filter[]): string {
	return filters.reduce((text, filter) => (isTooLong(text) ? text : FILTERS[filter](text)), value);
}

function isTooLong(text: string): boolean {
	return text.length > MAX_STRING_BYTES;
}

const FILTERS: Readonly<Record<Filter, (text: string) => string>> = {
	// All but the unreserved characters of RFC 3986; encodeURIComponent leaves five more.
	url: (text) => encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${hex(mark)}`),
	json: (text) => JSON.stringify(text),
	base64: (text) => Buffer.from(text).toString("base64"),
	shell: (text) => `'${text.replaceAll("'", "'\\''")}'`,
};

function hex(mark: string): string {
	return mark.charCodeAt(0).toString(16).toUpperCase();
}

function refuse(name: string, error: DstaError): Partial<Outcome> {
	return { errors: [error], invalid: new Map([[name, error]]) };
}

// What stands for other bytes in it would be lost in a URL and in base64.
function notUnicode({ path }: Entry, name: string): DstaError {
	return new DstaError(
		"DSTA_INVALID_VALUE",
		`The value of ${path.text} for ${name} is not valid Unicode, which a template cannot hold`,
		{
			path: path.text,
			cure: `Put a right value into ${path.text}, or give it to the command in a variable of its own.`,
		},
	);
}

function tooLong(name: string): DstaError {
	return new DstaError(
		"DSTA_INVALID_VALUE",
		`The value of ${name} cannot be a variable: it takes more than the ${MAX_STRING_BYTES} bytes that the kernel allows`,
		{ cure: "Give the command what is so long as a file (as: file) in an entry of its own." },
	);
}

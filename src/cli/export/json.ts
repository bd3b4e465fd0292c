import type { Format } from "./format.ts";

/** One object, its values texts. */
export const JSON_OBJECT: Format = {
	render: (variables) => `${JSON.stringify(Object.fromEntries(variables), undefined, 2)}\n`,
};

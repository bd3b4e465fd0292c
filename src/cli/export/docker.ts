import { type Format, lineByLine } from "./format.ts";

/** A file for `docker run --env-file`, which takes all that stands behind the first `=` of a line as it is. */
export const DOCKER: Format = {
	render: lineByLine((name, value) => `${name}=${value}`),
	misfit(value, name) {
		if (/\n|\r$/.test(value)) return "its value holds a line break, and a variable has one line there";
		return Buffer.byteLength(`${name}=${value}`) > MOST_BYTES
			? `it takes over ${MOST_BYTES} bytes, and docker reads no longer lines`
			: undefined;
	},
};

const MOST_BYTES = 65_000;

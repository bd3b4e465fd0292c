import { type Format, lineByLine } from "./format.ts";

/** A file for `EnvironmentFile=` of a unit. */
export const SYSTEMD: Format = {
	render: lineByLine((name, value) => `${name}="${value.replace(/["\\`$]/g, "\\$&")}"`),
	misfit: (value) =>
		/[\u0000-\u0008\u000b-\u001f\u007f]/.test(value)
			? "its value holds a control character, and systemd drops such a variable"
			: undefined,
};

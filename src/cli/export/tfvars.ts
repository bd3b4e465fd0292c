import { type Format, lineByLine } from "./format.ts";

/** A file for `terraform apply -var-file`. */
export const TFVARS: Format = {
	render: lineByLine((name, value) => `${name} = "${write(value)}"`),
	misfit: (value) =>
		value.normalize() === value
			? undefined
			: "its value holds characters with separate accents, which Terraform joins (Unicode NFC)",
};

// `${` and `%{` begin an expression.
function write(value: string): string {
	return JSON.stringify(value)
		.slice(1, -1)
		.replace(/\\(.)/g, (whole, letter: string) => OTHER_ESCAPES[letter] ?? whole)
		.replace(/[$%](?=\{)/g, "$&$&");
}

const OTHER_ESCAPES: Readonly<Record<string, string | undefined>> = { b: "\\u0008", f: "\\u000c" };

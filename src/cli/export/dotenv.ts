import { type Format, lineByLine } from "./format.ts";

/**
 * A dotenv file that its readers read alike: Node, the package dotenv, Docker Compose, python-dotenv and dsta-run itself, which
 * differ in what they take `\`, `$` and quotes for within quotes.
 */
export const DOTENV: Format = {
	render: lineByLine((name, value) => `${name}=${write(value) ?? ""}`),
	misfit: (value) => (write(value) === undefined ? `its value holds ${obstacleOf(value)}` : undefined),
};

/** The first form in which nobody takes anything of the value for something else. */
function write(value: string): string | undefined {
	if (value.includes("\r")) return undefined;
	if (/^[\w@%+=:,./-]+$/.test(value)) return value;
	if (!/'|\\\\|\\$/.test(value)) return `'${value}'`;
	if (!/["\\$]/.test(value)) return `"${value}"`;
	return /^(?!["'])[^\s#$`](?:[^\n#$`]*[^\s#$`])?$/.test(value) ? value : undefined;
}

function obstacleOf(value: string): string {
	return value.includes("\r")
		? "a carriage return, which such files cannot hold"
		: "quotes beside \\, $, # or line breaks, which the readers of such files take differently";
}

import { type Format, lineByLine } from "./format.ts";

/**
 * Commands for PowerShell: `dsta-run export --format powershell | Invoke-Expression`, which gets line by line what a program
 * prints. So a value takes one line, whatever it holds.
 */
export const POWERSHELL: Format = {
	render: lineByLine((name, value) => `$env:${name} = ${write(value)}`),
	misfit: (value) =>
		value === "" ? "its value is empty, by which PowerShell up to 7.4 removes a variable" : undefined,
};

// What is beyond ASCII is written by its numbers: typographic quotes are quotes to it, and how it decodes a program's output
// depends on the machine.
function write(value: string): string {
	if (/^[ -~]*$/.test(value)) return `'${value.replaceAll("'", "''")}'`;
	return `"${value.replace(/["`$]/g, "`$&").replace(/[^ -~]/g, escapeUnit)}"`;
}

function escapeUnit(unit: string): string {
	const letter = { "\n": "n", "\r": "r", "\t": "t" }[unit];
	return letter === undefined ? `$([char]${unit.charCodeAt(0)})` : `\`${letter}`;
}

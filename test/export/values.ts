import { FORMATS } from "../../src/cli/export/formats.ts";
import type { ExportFormat } from "../../src/cli/usage.ts";

/** What values may hold that has a meaning of its own to somebody. */
const PIECES = [
	..."aZ0 '\"\\$`#=;!%{}()[]<>&|*?~^@:,-./+_",
	...["\n", "\r", "\t", "\x1b", "\x7f", "\b", "\f", "\u0085", "\u00a0", "\u2028", "\ufeff"],
	...["é", "e\u0301", "€", "😀", "‘", "“", "$HOME", `\${X}`, "%{if}", "<<", "$$", "export A=", "\n\n", "\\n"],
];

const VALUES: readonly string[] = [
	"",
	"plain",
	"p'a$$w\"rd",
	'{"a": "b\\n"}',
	pem(),
	...PIECES,
	...mixtures(),
];

/** Variables with values of every kind. */
export const VARIABLES: ReadonlyMap<string, string> = new Map(
	VALUES.map((value, index) => [`V_${index}`, value]),
);

function pem(): string {
	return `-----BEGIN KEY-----\n${"MIIE/+= ".repeat(40)}\n-----END KEY-----\n`;
}

/** The same ones at each run. */
function mixtures(): readonly string[] {
	let seed = 1;
	const next = (most: number) => {
		seed = (seed * 48_271) % 2_147_483_647;
		return seed % most;
	};
	const piece = () => PIECES[next(PIECES.length)];
	return Array.from({ length: 300 }, () => Array.from({ length: 2 + next(4) }, piece).join(""));
}

/** Those of them that a format can carry. */
export function carried(format: ExportFormat): ReadonlyMap<string, string> {
	const { misfit } = FORMATS[format];
	return new Map([...VARIABLES].filter(([name, value]) => misfit?.(value, name) === undefined));
}

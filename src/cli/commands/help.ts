import { DstaError } from "../../errors.ts";
import type { CommandResult } from "../host.ts";
import type { CommandLine } from "../options.ts";
import { renderTable } from "../report.ts";
import { COMMANDS, type CommandName, OPTIONS, type OptionName } from "../usage.ts";

/**
 * Prints the help of the program or of one subcommand, or the manual page.
 * @throws {DstaError} DSTA_USAGE there is no such subcommand
 */
export async function help({ operands: [topic], options }: CommandLine): Promise<CommandResult> {
	if (options.man) return { status: 0, output: (await import("../man.ts")).manPage() };
	if (topic === undefined || topic === "help") return { status: 0, output: programHelp() };
	if (Object.hasOwn(COMMANDS, topic)) return { status: 0, output: commandHelp(topic as CommandName) };
	throw new DstaError("DSTA_USAGE", `There is no subcommand ${JSON.stringify(topic)}`, {
		cure: `The subcommands are ${Object.keys(COMMANDS).join(", ")}.`,
	});
}

/** The help of the program. */
export function programHelp(): string {
	const commands = Object.entries(COMMANDS).map(([name, { operands, summary }]) => [
		`  ${name} ${operands}`,
		summary,
	]);
	return `Usage: dsta-run [OPTION…] -- COMMAND [ARG…]
       dsta-run SUBCOMMAND [OPTION…] [WORD…]

Starts COMMAND with the secrets that secrets.map.yaml names, read from Vault or OpenBao, AWS Secrets
Manager or the environment, whichever of them has each first.

Subcommands:
${renderTable(commands)}
Options of a run (dsta-run help SUBCOMMAND shows those of another):
${renderOptions(optionsOf("run"))}
An option beats its variable, a variable beats the map. DURATION is 500ms, 30s, 5m, 2h, 1d or plain seconds.

Exit status: the command's own, or its fatal signal; 64 usage, 65 bad value, 66 not found,
69 unsupported, 70 bug, 74 not written, 75 unavailable, 77 denied, 78 configuration, 126 not executable,
127 no such command.
`;
}

function commandHelp(name: CommandName): string {
	const { operands, summary } = COMMANDS[name];
	const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
	return (
		`Usage: dsta-run ${name} [OPTION…] ${operands}`.trimEnd() +
		`\n\n${sentence}\n\nOptions:\n${renderOptions(optionsOf(name))}`
	);
}

function optionsOf(name: CommandName): readonly OptionName[] {
	return (Object.keys(OPTIONS) as OptionName[]).filter(
		(option) => OPTIONS[option].commands?.includes(name) ?? true,
	);
}

function renderOptions(names: readonly OptionName[]): string {
	return renderTable(
		names.map((name) => {
			const {
				short,
				summary,
				value,
				variable,
			}: { short?: string; summary: string; value?: string; variable?: string } = OPTIONS[name];
			const flag = `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
			return [`  ${flag}`, variable === undefined ? summary : `${summary} (${variable})`];
		}),
	);
}

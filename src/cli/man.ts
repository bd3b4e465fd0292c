import manifest from "../../package.json" with { type: "json" };
import { EXIT_STATUS } from "../errors.ts";
import { COMMANDS, type CommandName, OPTIONS, type OptionName } from "./usage.ts";

/** The manual page, in the macros of man(7). */
export function manPage(): string {
	const lines = [
		`.TH DSTA\\-RUN 1 "" "dsta\\-run ${roff(manifest.version)}" "User Commands"`,
		...section("NAME", ["dsta\\-run \\- start a command with its secrets"]),
		...section("SYNOPSIS", [
			`.B dsta\\-run\n[\\fIOPTION\\fR]... \\-\\- \\fICOMMAND\\fR [\\fIARG\\fR]...`,
			`.br\n.B dsta\\-run\n\\fISUBCOMMAND\\fR [\\fIOPTION\\fR]... [\\fIWORD\\fR]...`,
		]),
		...section("DESCRIPTION", [
			"Starts \\fICOMMAND\\fR with the secrets that \\fIsecrets.map.yaml\\fR names, read from Vault or OpenBao, AWS Secrets Manager or the environment, whichever of them has each first.",
			"Standard streams, signals and the exit status are those of the command.",
			".PP\nThe map has a line for each secret, its path and the variable that gets its value:",
			".PP\n.RS\n.nf\nexchange/binance/api_key: BINANCE_API_KEY\ndatabase/postgres/password: POSTGRES_PASSWORD\n.fi\n.RE",
			".PP\n\\fBdsta\\-run schema\\fR prints all that it may hold, for an editor.",
		]),
		...section("SUBCOMMANDS", Object.entries(COMMANDS).map(commandLine)),
		...section("OPTIONS", (Object.keys(OPTIONS) as OptionName[]).map(optionLines)),
		...section("ENVIRONMENT", variables().map(variableLines)),
		...section("FILES", [
			".TP\n.I secrets.map.yaml\nThe map, in the working directory.",
			".TP\n.I .env\nThe dotenv file behind the environment, if there is one.",
		]),
		...section("EXIT STATUS", [
			"That of the command, or its fatal signal. Where no command was started, one of these:",
			...statuses().map(([status, codes]) => `.TP\n.B ${status}\n${roff(codes.join(", "))}`),
		]),
		...section("EXAMPLES", [
			".nf\ndsta\\-run check\ndsta\\-run \\-\\- npm start\ndsta\\-run explain POSTGRES_PASSWORD\n.fi",
		]),
	];
	return `${lines.join("\n")}\n`;
}

function section(title: string, paragraphs: readonly string[]): readonly string[] {
	return [`.SH "${title}"`, ...paragraphs];
}

function commandLine([name, { operands, summary }]: [string, { operands: string; summary: string }]): string {
	return `.TP\n.B ${roff(`${name} ${operands}`.trim())}\n${sentence(summary)}`;
}

function optionLines(name: OptionName): string {
	const { commands, short, summary, value } = OPTIONS[name];
	const flags = [...(short === undefined ? [] : [`-${short}`]), `--${name}`];
	const written = flags.map((flag) => `\\fB${roff(flag)}\\fR`).join(", ");
	const placeholder = value === undefined ? "" : ` \\fI${roff(value)}\\fR`;
	return `.TP\n${written}${placeholder}\n${sentence(summary)}${takenBy(commands)}`;
}

function takenBy(commands: readonly CommandName[] | undefined): string {
	return commands === undefined ? "" : `\nFor: ${roff(commands.join(", "))}.`;
}

function variables(): readonly (readonly [variable: string, option: OptionName])[] {
	const names = Object.keys(OPTIONS) as OptionName[];
	return names.flatMap((name) => {
		const { variable } = OPTIONS[name];
		return variable === undefined ? [] : [[variable, name] as const];
	});
}

function variableLines([variable, option]: readonly [string, OptionName]): string {
	return `.TP\n.B ${variable}\nStands in for \\fB${roff(`--${option}`)}\\fR.`;
}

function statuses(): readonly (readonly [status: number, codes: readonly string[]])[] {
	const codes = Map.groupBy(Object.entries(EXIT_STATUS), ([, status]) => status);
	return [...codes].map(([status, entries]) => [status, entries.map(([code]) => code)]);
}

function sentence(summary: string): string {
	return roff(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`);
}

/** A text that roff prints as it is, wherever in a line it stands. */
function roff(text: string): string {
	return text
		.replaceAll("\\", "\\e")
		.replaceAll("-", "\\-")
		.replaceAll("…", "...")
		.replace(/^(?=[.'])/, "\\&");
}

import type { LogSubject } from "../log-event.ts";

export const LOG_LEVELS = ["error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogOptions {
	readonly level: LogLevel;
	readonly format: LogFormat;
	/** Takes whole lines, each with its newline. */
	readonly write: (text: string) => void;
	/** Whether the word for the level is coloured; asked when there is something to write. */
	readonly isColored?: () => boolean;
}

/**
 * What a message is about, as fields of a JSON record; the text form shows only `text` and `lines`. Of values it holds none: those
 * travel in `SecretValues`, which shows none here either.
 */
export interface LogFields extends LogSubject {
	/** The message as the text form shows it, where others around it say the rest; empty where they say all. */
	readonly text?: string;
	/** Further lines of the text form: what to do about it. */
	readonly lines?: readonly string[];
	readonly [name: string]: unknown;
}

export type Log = (level: LogLevel, message: string, fields: LogFields) => void;

/** Makes the log of dsta-run's own messages. Nobody may hand it a value: it prints what it gets. */
export function createLog({ format, isColored = () => false, level, write }: LogOptions): Log {
	const limit = LOG_LEVELS.indexOf(level);
	const render: Render = format === "json" ? renderJson : (...record) => renderText(record, isColored());
	return (messageLevel, message, fields) => {
		if (LOG_LEVELS.indexOf(messageLevel) <= limit) write(render(messageLevel, message, fields));
	};
}

type Render = (level: LogLevel, message: string, fields: LogFields) => string;

function renderText(
	[level, message, { lines = [], text = message }]: Parameters<Render>,
	isColored: boolean,
): string {
	if (text === "") return "";
	const [first = "", ...rest] = text.split("\n");
	const word = isColored ? `\u001b[${COLORS[level]}m${level}\u001b[0m` : level;
	return [
		`dsta-run: ${word}: ${printable(first)}`,
		...[...rest, ...lines].map((line) => `  ${printable(line)}`),
	]
		.map((line) => `${line}\n`)
		.join("");
}

function renderJson(
	level: LogLevel,
	message: string,
	{ event, lines: _, text: __, ...fields }: LogFields,
): string {
	return `${JSON.stringify({ time: new Date().toISOString(), level, event, message, ...fields })}\n`;
}

/** Red, yellow, cyan and faint, as SGR knows them. */
const COLORS: Readonly<Record<LogLevel, number>> = { error: 31, warn: 33, info: 36, debug: 2, trace: 2 };

// What a server answers may stand in a message, and must not steer the terminal.
function printable(line: string): string {
	return line.replace(CONTROL, "\uFFFD");
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

export const LOG_LEVELS = ["error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogOptions {
	readonly level: LogLevel;
	readonly format: LogFormat;
	/** Takes whole lines, each with its newline. */
	readonly write: (text: string) => void;
}

/** What a message is about, as fields of a JSON record; the text form shows only `text` and `lines`. */
export interface LogFields {
	/** The message as the text form shows it, where others around it say the rest; empty where they say all. */
	readonly text?: string;
	/** Further lines of the text form: what to do about it. */
	readonly lines?: readonly string[];
	readonly [name: string]: unknown;
}

export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** Makes the log of dsta-run's own messages. Nobody may hand it a value: it prints what it gets. */
export function createLog({ level, format, write }: LogOptions): Log {
	const limit = LOG_LEVELS.indexOf(level);
	const render = format === "json" ? renderJson : renderText;
	return (messageLevel, message, fields = {}) => {
		if (LOG_LEVELS.indexOf(messageLevel) <= limit) write(render(messageLevel, message, fields));
	};
}

function renderText(level: LogLevel, message: string, { lines = [], text = message }: LogFields): string {
	if (text === "") return "";
	const [first = "", ...rest] = text.split("\n");
	return [
		`dsta-run: ${level}: ${first}`,
		...rest.map((line) => `  ${line}`),
		...lines.map((line) => `  ${line}`),
	]
		.map((line) => `${line.replace(CONTROL, "\uFFFD")}\n`)
		.join("");
}

function renderJson(level: LogLevel, message: string, { lines: _, text: __, ...fields }: LogFields): string {
	return `${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`;
}

// What a server answers may stand in a message, and must not steer the terminal.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

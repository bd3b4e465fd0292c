/** What decides on colour. */
export interface ColorSettings {
	readonly env: Readonly<Record<string, string | undefined>>;
	isTerminal(): boolean;
}

/** Whether messages are coloured: on a terminal that knows colours, unless NO_COLOR is set; FORCE_COLOR beats all of that. */
export function isColored({ env: { FORCE_COLOR, NO_COLOR, TERM }, isTerminal }: ColorSettings): boolean {
	if (FORCE_COLOR) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
	return !NO_COLOR && TERM !== "dumb" && isTerminal();
}

/** Whether standard error is to be coloured. */
export function isErrorOutputColored(process: NodeJS.Process): boolean {
	return isColored({ env: process.env, isTerminal: () => isErrorTerminal(process) });
}

/** Whether standard error is a terminal. It is not opened for that, which takes time. */
export function isErrorTerminal(process: NodeJS.Process): boolean {
	return process.getBuiltinModule("node:tty").isatty(2);
}

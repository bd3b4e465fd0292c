import { quoted } from "../../backends/shell.ts";
import { type Format, lineByLine } from "./format.ts";

/** Commands for a shell of the Bourne family: `eval "$(dsta-run export --format shell)"`. */
export const SHELL: Format = {
	// In quotes whatever it is: zsh replaces what follows a bare =.
	render: lineByLine((name, value) => `export ${name}=${quoted(value)}`),
	misfit: (_, name) => (OWN.has(name) ? "bash or zsh keeps this name for itself" : undefined),
};

const OWN: ReadonlySet<string> = new Set([
	...["BASHOPTS", "BASHPID", "BASH_VERSINFO", "SHELLOPTS", "FUNCNAME", "DIRSTACK", "HISTCMD"],
	...["UID", "EUID", "GID", "EGID", "GROUPS", "USERNAME", "PPID", "LINENO", "ARGC", "_"],
	...["RANDOM", "SRANDOM", "SECONDS", "EPOCHSECONDS"],
	...["path", "cdpath", "fpath", "manpath", "mailpath", "psvar", "watch", "signals"],
	...["argv", "status", "pipestatus", "history", "options", "parameters", "modules"],
	...["aliases", "builtins", "commands", "functions", "terminfo"],
]);

import { type Format, lineByLine } from "./format.ts";

/** Commands for fish: `dsta-run export --format fish | source`. */
export const FISH: Format = {
	render: lineByLine((name, value) => `set -gx ${name} '${value.replace(/['\\]/g, "\\$&")}'`),
	misfit: (_, name) => (OWN.has(name) ? "fish keeps this name for itself" : undefined),
};

const OWN: ReadonlySet<string> = new Set([
	...["_", "argv", "fish_pid", "fish_kill_signal", "FISH_VERSION", "history", "hostname"],
	...["pipestatus", "status", "status_generation", "umask", "version"],
]);

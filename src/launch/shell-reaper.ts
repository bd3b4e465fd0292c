import type { Program } from "./program.ts";
import { signalsForCommand } from "./signals.ts";

const FIRST_REAL_TIME = 34;
const LAST_SIGNAL = 64;

/** What would act on Node, which is for the command. */
const OF_NODE = ["OPTIONS", "CHANNEL_FD", "EXTRA_CA_CERTS", "V8_COVERAGE", "DEBUG", "DEBUG_NATIVE"];

/**
 * The arguments by which a POSIX shell starts a command as PID 1: it forwards signals, waits for every orphan, and ends with the
 * command's status or with 128 + N.
 */
export function shellArguments({ argv, file }: Program, { execPath }: NodeJS.Process): readonly string[] {
	const node = [execPath, "-e", `(${becomeCommand})(process)`, "--"];
	return ["-c", script(), "sh", ...node, file, ...argv];
}

// While its command is on the foreground a shell runs no trap, and one on the background ignores INT and QUIT, reads /dev/null, and
// lacks the variables that the shell drops. So what it starts is Node, which becomes the command. A command that is still in /proc
// has not ended: a signal interrupted the wait. If it ended at that very moment, one more wait has its status, except where the
// shell has forgotten it (127; in bash also -1). In bash a signal within a millisecond of another may wait for the next one.
function script(): string {
	const { forwarded, fromTerminal } = signalsForCommand();
	const realTime = Array.from(
		{ length: LAST_SIGNAL - FIRST_REAL_TIME + 1 },
		(_, index) => FIRST_REAL_TIME + index,
	);
	return `early=
forward() { if [ "$!" ]; then kill -"$1" "$!"; else early="$early $1"; fi; }
for signal in ${[...forwarded, ...realTime].join(" ")}; do trap "forward $signal" "$signal"; done
for signal in ${fromTerminal.join(" ")}; do trap : "$signal"; done
unset ${OF_NODE.map((name) => `NODE_${name}`).join(" ")}
exec 3<&0
"$@" <&3 3<&- &
exec 3<&- 2>&-
for signal in $early; do kill -"$signal" "$!"; done
while wait "$!"; status=$?; [ -d "/proc/$!" ]; do :; done
wait "$!"; again=$?
case $again in 127 | -1) ;; *) status=$again ;; esac
exit "$status"`;
}

/** Runs by its text alone, below the shell, which may have changed the environment: that of PID 1 is still as we gave it. */
function becomeCommand(process: NodeJS.Process): void {
	const [, file = "", ...argv] = process.argv;
	const variables = process
		.getBuiltinModule("fs")
		.readFileSync("/proc/1/environ", "utf8")
		.split("\0")
		.slice(0, -1);
	const env = variables.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]);
	// Ignored by Node, and default after a listener: see replace.ts.
	for (const ignored of ["SIGPIPE", "SIGXFSZ"] as const) process.on(ignored, () => undefined);
	process.execve?.(file, argv, Object.fromEntries(env));
}

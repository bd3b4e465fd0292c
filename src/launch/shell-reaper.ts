import { constants } from "node:os";
import { BELOW_SHELL } from "./inherited.ts";
import { signalsForCommand } from "./signals.ts";

/**
 * The arguments by which a POSIX shell starts the words that follow as PID 1: it forwards signals, waits for every orphan, and ends
 * with their status or with 128 + N.
 */
export function shellArguments(): readonly string[] {
	return ["-c", script(), "sh"];
}

// Real-time signals would end Node: without a trap PID 1 does not get them. While its command is on the foreground a shell runs no
// trap, and one on the background reads /dev/null, ignores INT and QUIT, which Node undoes, and lacks the variables that the shell
// drops: those of PID 1 are still as we gave them. A command that is still in /proc has not ended: a signal interrupted the wait. If it
// ended at that very moment, one more wait has its status, except where the shell has forgotten it (127; in bash also -1). In bash a
// signal within a millisecond of another may wait for the next one.
function script(): string {
	const { forwarded, fromTerminal } = signalsForCommand();
	// A resize does nothing to a shell without a trap, and in bash a trap may hold up the signal after it.
	const ending = fromTerminal.filter((signal) => signal !== constants.signals.SIGWINCH);
	return `early=
forward() { if [ "$!" ]; then kill -"$1" "$!"; else early="$early $1"; fi; }
for signal in ${forwarded.join(" ")}; do trap "forward $signal" "$signal"; done
for signal in ${ending.join(" ")}; do trap : "$signal"; done
exec 3<&0
${BELOW_SHELL}=1 "$@" <&3 3<&- &
exec 3<&- 2>&-
for signal in $early; do kill -"$signal" "$!"; done
while wait "$!"; status=$?; [ -d "/proc/$!" ]; do :; done
wait "$!"; again=$?
case $again in 127 | -1) ;; *) status=$again ;; esac
exit "$status"`;
}

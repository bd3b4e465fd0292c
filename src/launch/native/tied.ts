import { type Command, startFailure } from "../command.ts";
import type { Variables } from "../environment.ts";
import { startTooLarge } from "../size.ts";
import { executeInPlace } from "./execute.ts";
import { type Inheritance, recordInheritance } from "./inheritance.ts";
import type { NativeProcess } from "./libc.ts";

const PR_SET_PDEATHSIG = 1;

/** A process that is to become a command. */
export type TiedProcess = NativeProcess & Pick<NodeJS.Process, "kill" | "ppid">;

/**
 * Becomes a command that gets a signal when our parent is killed: what `tieToParent` has started. Does not come back.
 * @throws {DstaError} DSTA_COMMAND_NOT_FOUND, DSTA_NOT_EXECUTABLE · DSTA_INVALID_VALUE environment or arguments are too large
 */
export function becomeTied(args: readonly string[], env: Variables, process: TiedProcess): never {
	const [signal, parent, file = "", ...rest] = args;
	const inheritance = recordInheritance(process) as Inheritance;
	inheritance.libc.calls.prctl(PR_SET_PDEATHSIG, Number(signal));
	// It was killed before we asked.
	if (process.ppid !== Number(parent)) process.kill(process.pid, Number(signal));
	const command: Command = { file, args: rest, env: env as Command["env"] };
	const code = executeInPlace(command, inheritance);
	throw code === "E2BIG" ? startTooLarge(command) : startFailure(command, code);
}

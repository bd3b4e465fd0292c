import type { Command } from "../command.ts";
import { passOn } from "./descriptors.ts";
import { restoreDispositions } from "./dispositions.ts";
import type { Inheritance } from "./inheritance.ts";
import { attemptAlongPath } from "./program.ts";

/**
 * Makes this process the command, with all that we inherited, byte for byte. Returns only if it could not: the system's code for
 * why, such as `ENOENT` or `E2BIG`.
 */
export function executeInPlace(command: Command, { descriptors, dispositions, libc }: Inheritance): string {
	const { calls, errno } = libc;
	passOn(libc, descriptors);
	const undo = restoreDispositions(libc, dispositions);
	const code = attemptAlongPath(libc, command, ({ argv, envp, path }) => {
		calls.execve(path.address, argv.address, envp.address);
		return errno();
	});
	undo();
	return code ?? "";
}

import type { Command } from "../command.ts";
import type { Libc } from "./libc.ts";
import { attemptAlongPath } from "./program.ts";

/** Makes this process the command. Returns only if it could not: the system's code for why, such as `ENOENT` or `E2BIG`. */
export function executeInPlace(libc: Libc, command: Command): string {
	const { calls, errno } = libc;
	const code = attemptAlongPath(libc, command, ({ argv, envp, path }) => {
		calls.execve(path.address, argv.address, envp.address);
		return errno();
	});
	return code ?? "";
}

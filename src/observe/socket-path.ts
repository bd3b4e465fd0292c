import { existsSync, lstatSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";

/**
 * What keeps a socket from being made at a path, as a code of the system; nothing where it can be. One at which nobody answers is
 * removed: a run that was killed has left it.
 */
export async function clearSocketPath(path: string): Promise<string | undefined> {
	const stats = lstatSync(path, { throwIfNoEntry: false });
	// Otherwise it is called a permission that is missing.
	if (stats === undefined) return existsSync(dirname(path)) ? undefined : "ENOENT";
	if (!stats.isSocket()) return "ENOTSOCK";
	if (await isAnswering(path)) return "EADDRINUSE";
	removeSocket(path);
	return undefined;
}

function isAnswering(path: string): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ path });
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
		socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code !== "ECONNREFUSED"));
	});
}

/** Removes a socket, where it is still there. */
export function removeSocket(path: string): void {
	try {
		unlinkSync(path);
	} catch {
		// It has gone already.
	}
}

import { existsSync, lstatSync, type Stats } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { removeFile } from "../remove-file.ts";

/**
 * What keeps a socket from being made at a path, as a code of the system; nothing where it can be. One at which nobody answers is
 * removed: a run that was killed has left it.
 */
export async function clearSocketPath(path: string): Promise<string | undefined> {
	let stats: Stats | undefined;
	try {
		stats = lstatSync(path, { throwIfNoEntry: false });
	} catch (error) {
		return (error as NodeJS.ErrnoException).code;
	}
	// Otherwise it is called a permission that is missing.
	if (stats === undefined) return existsSync(dirname(path)) ? undefined : "ENOENT";
	if (!stats.isSocket()) return "ENOTSOCK";
	if (await isAnswering(path)) return "EADDRINUSE";
	removeFile(path);
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

/*
 * A folder in a directory that containers share, as those of a pod share /dev/shm, outlives the container of its owner, and in
 * the next one his pid says nothing. A socket does: nobody answers there once the process that listened has ended. When the first
 * process of a PID namespace has ended, so have all others of it.
 */
import { connect, createServer } from "node:net";
import { join } from "node:path";

const SOCKET = ".lifeline";

/** Listens in a folder for as long as this process runs, or until what it returns is called. */
export function listenIn(folder: string): () => void {
	const server = createServer()
		// As where the path is too long for a socket: then others leave the folder alone.
		.on("error", () => undefined)
		.listen(join(folder, SOCKET))
		.unref();
	return () => void server.close();
}

/** Whether somebody listened in a folder, and nobody does any more. */
export function isDeserted(folder: string): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(join(folder, SOCKET));
		socket.once("connect", () => {
			socket.destroy();
			resolve(false);
		});
		socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "ECONNREFUSED"));
	});
}

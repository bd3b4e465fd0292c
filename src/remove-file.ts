import { unlinkSync } from "node:fs";

/** Removes a file or a socket, where it is there and this user may; what else is in the way has been told of already. */
export function removeFile(file: string): void {
	try {
		unlinkSync(file);
	} catch {
		// There is nothing to remove, or nobody to do it.
	}
}

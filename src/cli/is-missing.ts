import { statSync } from "node:fs";

/** Whether there is no such file; of one in a folder that this user may not enter nobody knows. */
export function isMissing(path: string): boolean {
	try {
		statSync(path);
		return false;
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		return code === "ENOENT" || code === "ENOTDIR";
	}
}

import { dirname } from "node:path";
import { DstaError } from "../../errors.ts";

/** The code of what was a file and is none any more; the system has none. */
export const NO_FILE = "NOFILE";

/** The error of an audit log that cannot be written. */
export function notWritten(file: string, error: NodeJS.ErrnoException): DstaError {
	const { reason, cure = ANOTHER } = explain(file, error);
	return new DstaError("DSTA_OUTPUT", `the audit log ${file} cannot be written: ${reason}`, { cure });
}

/** Why the system refused, in words, and what to do about that in particular. */
export function explain(
	file: string,
	{ code = "" }: NodeJS.ErrnoException,
): { readonly reason: string; readonly cure?: string } {
	const folder = dirname(file);
	const reasons: Readonly<Record<string, { readonly reason: string; readonly cure?: string }>> = {
		ENOENT: {
			reason: `the folder ${folder} does not exist`,
			cure: `Make it (mkdir -p ${folder}), for the user that runs dsta-run.`,
		},
		ENOTDIR: { reason: `${folder} is no folder` },
		EACCES: {
			reason: "permission denied",
			cure: `Let this user write the file, and in its folder, where it is rotated: ls -ld ${folder} ${file}`,
		},
		EPERM: { reason: "the system does not permit it" },
		EROFS: { reason: "the file system is read-only" },
		ENOSPC: { reason: "no space is left", cure: `Make room: df ${folder}` },
		EDQUOT: { reason: "the quota of this user is used up" },
		ELOOP: {
			reason: "it is a symbolic link",
			cure: "Name the file itself, since a link could be turned elsewhere.",
		},
		EISDIR: { reason: "it is a folder", cure: `Name a file in it: ${file}/audit.jsonl` },
		ENXIO: { reason: "nobody reads this pipe", cure: "Start its reader first." },
		EPIPE: { reason: "nobody reads this pipe any more", cure: "Start its reader again." },
		EAGAIN: { reason: "the reader of this pipe does not read", cure: "See why it does not." },
		[NO_FILE]: {
			reason: "it is no file any more",
			cure: `Take away what stands in its place, and put the log back: ls -l ${file}`,
		},
		EBADF: { reason: "it is closed" },
	};
	return reasons[code] ?? { reason: code };
}

const ANOTHER = "Name another file by --audit FILE, DSTA_AUDIT or audit: in the map.";

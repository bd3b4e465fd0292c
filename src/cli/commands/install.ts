import { chmodSync, copyFileSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DstaError } from "../../errors.ts";
import { removeFile } from "../../remove-file.ts";
import { buildOf } from "../build.ts";
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";

/**
 * Copies the standalone executable to DIR/dsta-run, which is whole at every moment, and prints its path.
 * @throws {DstaError} DSTA_USAGE there is no directory · DSTA_UNSUPPORTED this is the npm package · DSTA_CONFIG it cannot be put there
 */
export async function install({ operands: [folder] }: CommandLine, host: Host): Promise<CommandResult> {
	if (!folder)
		throw new DstaError("DSTA_USAGE", "dsta-run install needs the directory to copy itself to", {
			cure: "Write: dsta-run install /usr/local/bin",
		});
	const { build, runtime, runtimeVersion } = buildOf(host.process);
	if (build === "npm")
		throw new DstaError(
			"DSTA_UNSUPPORTED",
			`dsta-run install copies the standalone executable, and this is the npm package (${runtime} ${runtimeVersion})`,
			{ cure: "Use the standalone executable, or where there is Node: npm install --global dsta-run" },
		);
	const path = join(resolve(host.cwd, folder), "dsta-run");
	copy(host.process, path);
	return { status: 0, output: `${path}\n` };
}

function copy({ execPath, pid }: NodeJS.Process, path: string): void {
	try {
		mkdirSync(dirname(path), { recursive: true });
		replace(execPath, path, `${path}.${pid}`);
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code ?? "";
		throw new DstaError("DSTA_CONFIG", `${path} cannot be written: ${REASONS[code] ?? code}`, {
			cure: "Name a directory that this user may write to, and that has room for it.",
		});
	}
}

// By a part beside its place, since to rename is to replace at once only on one file system.
function replace(from: string, to: string, part: string): void {
	try {
		copyFileSync(from, part);
		chmodSync(part, 0o755);
		renameSync(part, to);
	} catch (error) {
		removeFile(part);
		throw error;
	}
}

const REASONS: Readonly<Record<string, string | undefined>> = {
	EACCES: "permission denied",
	EPERM: "permission denied",
	EROFS: "the file system is read-only",
	ENOSPC: "there is no space left",
	EISDIR: "it is a directory",
	ENOTDIR: "a part of its path is no directory",
	EEXIST: "a part of its path is no directory",
};

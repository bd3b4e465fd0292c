import { spawn } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { BUILD, childrenOf, folderWith, follow, LAUNCHER, type Launch } from "./launch.ts";

const FOLDER = folderWith("app/secret_key: SECRET_KEY\n");

/** What is PID 1 while a command runs. */
export interface Reaper {
	readonly name: string;
	/** A folder for PATH in which it is found. */
	readonly folder: string;
	/** The shell that is to lie at /bin/sh. */
	readonly shell?: string;
}

/** Where a program is, if it is installed. */
export function installed(name: string): string | undefined {
	const folders = (process.env.PATH ?? "").split(delimiter);
	return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

const INITS = ["tini", "dumb-init", "catatonit"];
const SHELLS = ["dash", "bash", "busybox"];
const TOOLS = ["sh", "cat", "echo", "sleep", "mount", "env"];

/** The programs that the npm package finds to be PID 1, as far as they are installed; the standalone executable is it by itself. */
export const REAPERS: readonly Reaper[] =
	BUILD === "standalone"
		? [{ name: "itself", folder: folderOf(TOOLS) }]
		: [
				...INITS.filter(installed).map((name) => ({ name, folder: folderOf([...TOOLS, name]) })),
				...SHELLS.filter(installed).map((name) => ({
					name: `${name} as /bin/sh`,
					folder: folderOf(TOOLS),
					shell: installed(name) as string,
				})),
			];

/** A folder with links to programs. */
export function folderOf(names: readonly string[]): string {
	const folder = join(folderWith(""), "bin");
	mkdirSync(folder);
	for (const name of names) symlinkSync(installed(name) as string, join(folder, name));
	return folder;
}

/** The words that start what follows as the first process of a new namespace, where signals have no default action for it. */
export function wordsOfInit({ folder, shell }: Omit<Reaper, "name">): readonly string[] {
	const script = `${shell === undefined ? "" : `mount --bind '${shell}' /bin/sh && `}PATH=$0 exec "$@"`;
	const namespace = [installed("unshare") as string, "-Urmpf", "--mount-proc", "--kill-child"];
	return [...namespace, installed("bash") as string, "-c", script, folder];
}

export interface InitLaunch extends Launch {
	kill(signal: number | NodeJS.Signals): void;
}

/** Starts the executable as PID 1. */
export function launchAsInit(
	reaper: Omit<Reaper, "name">,
	command: readonly string[],
	env: NodeJS.ProcessEnv = {},
): InitLaunch {
	const [file = "", ...args] = wordsOfInit(reaper);
	const child = spawn(file, [...args, ...LAUNCHER, "--", ...command], {
		detached: true,
		cwd: FOLDER,
		env: { PATH: process.env.PATH, HOME: FOLDER, SECRET_KEY: "x", ...env },
	});
	return {
		child,
		kill: (signal) => process.kill(childrenOf(child.pid)[0] as number, signal),
		...follow(child),
	};
}

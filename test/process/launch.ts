import {
	type ChildProcess,
	type SpawnSyncOptions,
	type SpawnSyncReturns,
	spawn,
	spawnSync,
} from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const fileOf = (path: string) => new URL(`../../${path}`, import.meta.url).pathname;

/** The executable of the npm package. */
export const CLI: string = fileOf("dist/cli.cjs");

/** The builds that are tested, and how each is started. */
const LAUNCHERS = {
	npm: [process.execPath, CLI],
	standalone: [fileOf(`dist/standalone/dsta-run-linux-${process.arch}`)],
} as const satisfies Record<string, readonly string[]>;

/** The build under test, which the project of the test run names. */
export const BUILD: keyof typeof LAUNCHERS =
	process.env.DSTA_TEST_BUILD === "standalone" ? "standalone" : "npm";

/**
 * All rows of a table for the standalone executable, and every third for the npm package, which takes five times as long for each:
 * for what the same source decides in both.
 */
export function someOnNpm<T>(rows: readonly T[]): readonly T[] {
	return BUILD === "npm" ? rows.filter((_, index) => index % 3 === 0) : rows;
}

/** Whether it stays in front of its command or becomes it. */
export const MODE: "spawn" | "exec" = process.env.DSTA_TEST_MODE === "exec" ? "exec" : "spawn";

/** The words by which the build under test is started, in the mode under test. */
export const LAUNCHER: readonly string[] = [...LAUNCHERS[BUILD], ...(MODE === "exec" ? ["--exec"] : [])];

/** The runtime of the build under test, which runs a TypeScript file. */
export const RUNTIME: string = BUILD === "standalone" ? fileOf("node_modules/.bin/bun") : process.execPath;

/** The Python that runs a program of a test; a wrapper in PATH, as of pyenv, would be one process more, and takes a second. */
export const PYTHON: string = process.env.DSTA_TEST_PYTHON ?? "python3";

/** What that runtime needs of the environment, and that Bun keeps no cache of what it runs in the home directory. */
export const RUNTIME_ENV: Readonly<Record<string, string>> = {
	PATH: process.env.PATH ?? "",
	BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0",
};

const [PROGRAM, ...PROGRAM_ARGS] = LAUNCHER as [string, ...string[]];

/** Starts the build under test and waits for its end. */
export function launchSync(
	args: readonly string[],
	options: SpawnSyncOptions = {},
): SpawnSyncReturns<string> {
	return spawnSync(PROGRAM, [...PROGRAM_ARGS, ...args], { ...options, encoding: "utf8" });
}

export interface Ended {
	readonly status: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface Launch {
	readonly child: ChildProcess;
	readonly ended: Promise<Ended>;
	/** Resolves when the command has written a text to standard output. */
	said(text: string): Promise<void>;
}

/** A folder with a map in it. */
export function folderWith(map: string): string {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-test-"));
	writeFileSync(join(folder, "secrets.map.yaml"), map);
	return folder;
}

/** The pids of the children that a process has at this moment. */
export function childrenOf(pid: number | undefined): readonly number[] {
	try {
		return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
	} catch {
		return [];
	}
}

/** Which of its standard streams a process would not wait for. */
export function nonBlockingStreams(pid: number | "self"): readonly number[] {
	return [0, 1, 2].filter((fd) => {
		const [, flags = ""] =
			/^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1")) ?? [];
		return (Number.parseInt(flags, 8) & 0o4000) !== 0;
	});
}

/** Whether there is a process with this pid, a zombie being none. */
export function isRunning(pid: number): boolean {
	try {
		return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
	} catch {
		return false;
	}
}

/** Starts the built executable in a folder, with PATH and `env` as its whole environment. */
export function launch(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Launch {
	const child = spawn(PROGRAM, [...PROGRAM_ARGS, ...args], {
		// Away from the terminal of whoever runs the tests: on its foreground some signals would not be forwarded.
		detached: true,
		cwd,
		env: { PATH: process.env.PATH, HOME: cwd, ...env },
	});
	return { child, ...follow(child) };
}

/** What a process writes, and how it ends. */
export function follow(child: ChildProcess): Omit<Launch, "child"> {
	let stdout = "";
	let stderr = "";
	const watchers = new Set<() => void>();
	child.stderr?.on("data", (chunk) => (stderr += chunk));
	child.stdout?.on("data", (chunk) => {
		stdout += chunk;
		for (const watch of watchers) watch();
	});
	return {
		ended: new Promise((resolve) =>
			child.once("close", (status, signal) => resolve({ status, signal, stdout, stderr })),
		),
		said: (text) =>
			new Promise((resolve) => {
				const watch = () => {
					if (stdout.includes(text)) resolve();
				};
				watchers.add(watch);
				watch();
			}),
	};
}

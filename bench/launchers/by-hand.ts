import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Mode, writeMap } from "./dsta-run.ts";
import type { Job, Launcher } from "./launcher.ts";
import { serverEnv } from "./server-env.ts";

/** The runtimes of our builds. */
export type Runtime = "Node" | "Bun";

const fileOf = (path: string) => new URL(path, import.meta.url).pathname;
const BUN = fileOf("../../node_modules/.bin/bun");

/** The name of what a runtime takes for the bare work: no launcher on it can be faster. */
export function byHandName(runtime: Runtime, mode: Mode): string {
	return `by hand (${runtime}, ${mode})`;
}

/** A script of each runtime that does the bare work, in both modes. */
export const BY_HAND: readonly Launcher[] = (["Node", "Bun"] as const).flatMap((runtime) =>
	(["spawn", "exec"] as const).map((mode) => launcherOf(runtime, mode)),
);

function launcherOf(runtime: Runtime, mode: Mode): Launcher {
	return {
		name: byHandName(runtime, mode),
		program: runtime === "Node" ? fileOf("by-hand/node.cjs") : BUN,
		prepare(job, { words, pathOf }) {
			if (job.backend === "aws" || job.authority !== undefined) return undefined;
			writeMap(job);
			const start = runtime === "Node" ? words : ([compile(job)] as const);
			return {
				// It does not look along PATH.
				words: ([program = "", ...args]) => [...start, mode, pathOf(program), ...args],
				env: serverEnv(job),
			};
		},
	};
}

let compiled: string | undefined;

/** Makes the executable, once for all cases. */
function compile(job: Job): string {
	if (compiled !== undefined) return compiled;
	const file = join(job.folder, "../../by-hand");
	const source = fileOf("by-hand/bun.cjs");
	const options = ["--compile", "--minify", "--bytecode", "--format=cjs", "--outfile", file];
	execFileSync(BUN, ["build", ...options, source], { stdio: "pipe" });
	compiled = file;
	return file;
}

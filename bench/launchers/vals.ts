import type { Variable } from "../cases.ts";
import { type Job, type Launcher, write } from "./launcher.ts";
import { serverEnv } from "./server-env.ts";

/** https://github.com/helmfile/vals */
export const VALS: Launcher = {
	name: "vals",
	program: "vals",
	version: ["version"],
	prepare(job, { words }) {
		const lines = job.variables.map((variable) => `${variable.name}: ${referenceOf(job, variable)}\n`);
		const file = write(job, "vals.yaml", lines.join(""));
		const run = ["exec", "-s", "-i", "-f", file, "--"];
		return { words: (command) => [...words, ...run, ...command], env: serverEnv(job) };
	},
};

function referenceOf({ backend }: Job, { key, secret, value }: Variable): string {
	if (backend === "env") return value;
	if (backend === "aws") return `ref+awssecrets://dsta/bench/${secret}?region=us-east-1#/${key}`;
	return `ref+vault://secret/bench/${secret}#/${key}`;
}

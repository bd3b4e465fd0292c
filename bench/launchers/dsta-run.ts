import { type Job, type Launcher, write, writeDotenv } from "./launcher.ts";
import { serverEnv } from "./server-env.ts";

const fileOf = (path: string) => new URL(`../../dist/${path}`, import.meta.url).pathname;

/** The builds, and the file of each. */
const BUILDS = {
	npm: fileOf("cli.cjs"),
	standalone: fileOf(`standalone/dsta-run-linux-${process.arch}`),
} as const;

export type Build = keyof typeof BUILDS;
export type Mode = "spawn" | "exec";

export function nameOf(build: Build, mode: Mode): string {
	return `dsta-run (${build}, ${mode})`;
}

/** Both builds of dsta-run in both modes. */
export const DSTA_RUN: readonly Launcher[] = (["npm", "standalone"] as const).flatMap((build) =>
	(["spawn", "exec"] as const).map((mode) => launcherOf(build, mode)),
);

function launcherOf(build: Build, mode: Mode): Launcher {
	return {
		name: nameOf(build, mode),
		program: BUILDS[build],
		prepare(job, { words }) {
			writeMap(job);
			return {
				words: (command) => [...words, `--${mode}`, "--", ...command],
				env: { ...serverEnv(job), VAULT_NAMESPACE: "" },
			};
		},
	};
}

/** Writes the map of a case, and the dotenv file of one without a server. */
export function writeMap(job: Job): void {
	const lines = job.variables.map(({ key, name, secret }) => `bench/${secret}/${key}: ${name}\n`);
	write(job, "secrets.map.yaml", lines.join(""));
	if (job.backend === "env") writeDotenv(job);
}

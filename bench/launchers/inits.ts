import { type Launcher, writeDotenv } from "./launcher.ts";

/** Inits fetch nothing: they are the floor of a launcher that stays in front of its command. */
export const INITS: readonly Launcher[] = ["tini", "dumb-init", "catatonit"].map((name) => ({
	name,
	program: name,
	prepare(job, { words }) {
		if (job.backend !== "env") return undefined;
		writeDotenv(job);
		const env = Object.fromEntries(job.variables.map((variable) => [variable.name, variable.value]));
		return { words: (command) => [...words, "--", ...command], env };
	},
}));

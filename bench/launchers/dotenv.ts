import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Launcher, write, writeDotenv } from "./launcher.ts";

/** A launcher that reads a dotenv file and asks no server. */
function dotenvLauncher(name: string, program: string, args: readonly string[]): Launcher {
	return {
		name,
		program,
		prepare(job, { words }) {
			if (job.backend !== "env") return undefined;
			writeDotenv(job);
			return { words: (command) => [...words, ...args, ...command] };
		},
	};
}

export const DOTENVX: Launcher = dotenvLauncher("dotenvx", "dotenvx", ["run", "-q", "-f", ".env", "--"]);
export const ENV_CMD: Launcher = dotenvLauncher("env-cmd", "env-cmd", ["-f", ".env", "--"]);
export const DOTENV_CLI: Launcher = dotenvLauncher("dotenv-cli", "dotenv", ["-e", ".env", "--"]);

/** Takes the variables as words. */
export const CROSS_ENV: Launcher = {
	name: "cross-env",
	program: "cross-env",
	prepare({ backend, variables }, { words }) {
		if (backend !== "env") return undefined;
		const assigned = variables.map(({ name, value }) => `${name}=${value}`);
		return { words: (command) => [...words, ...assigned, ...command] };
	},
};

/** Decrypts a file with a key of age. */
export const SOPS: Launcher = {
	name: "sops",
	program: "sops",
	version: ["--version", "--disable-version-check"],
	needs: ["age-keygen"],
	prepare(job, { pathOf, words: [sops] }) {
		if (job.backend !== "env") return undefined;
		const plain = writeDotenv(job);
		const key = join(job.folder, "age.key");
		const keygen = pathOf("age-keygen");
		execFileSync(keygen, ["-o", key], { stdio: "pipe" });
		const recipient = execFileSync(keygen, ["-y", key], { encoding: "utf8" }).trim();
		const formats = ["--input-type", "dotenv", "--output-type", "dotenv"];
		const encrypted = write(
			job,
			"sops.env",
			execFileSync(sops, ["encrypt", "--age", recipient, ...formats, plain], { encoding: "utf8" }),
		);
		// It takes the command as one text for a shell.
		const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
		return {
			words: (command) => [sops, "exec-env", encrypted, command.map(quoted).join(" ")],
			env: { SOPS_AGE_KEY_FILE: key },
		};
	},
};

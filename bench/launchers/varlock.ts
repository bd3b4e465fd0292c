import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { type Launcher, write } from "./launcher.ts";
import { serverEnv } from "./server-env.ts";

/** https://varlock.dev, which asks Vault through a plugin. */
export const VARLOCK: Launcher = {
	name: "varlock",
	program: "varlock",
	prepare(job, { words }) {
		if (job.backend === "aws") return undefined;
		const lines = job.variables.map(({ key, name, secret, value }) =>
			job.backend === "env" ? `${name}=${value}` : `${name}=vaultSecret("secret/bench/${secret}#${key}")`,
		);
		write(job, "package.json", "{}");
		// The plugin is looked for where the project is.
		const modules = words.at(-1)?.split("/varlock/")[0] ?? "";
		symlinkSync(modules, join(job.folder, "node_modules"));
		const head = job.backend === "env" ? "" : HEAD.replace("ADDRESS", job.address);
		write(
			job,
			".env.schema",
			`${head}# @defaultSensitive=false\n# ---\n${TOKEN[job.backend]}${lines.join("\n")}\n`,
		);
		const trust = job.authority === undefined ? {} : { NODE_EXTRA_CA_CERTS: job.authority };
		const env = { ...serverEnv(job), ...trust, VARLOCK_TELEMETRY_DISABLED: "true", DO_NOT_TRACK: "1" };
		return { words: (command) => [...words, "run", "--", ...command], env };
	},
};

const HEAD =
	'# @plugin(@varlock/hashicorp-vault-plugin)\n# @initHcpVault(url="ADDRESS", token=$VAULT_TOKEN)\n';
const TOKEN = { env: "", vault: "# @type=vaultToken\nVAULT_TOKEN=\n", aws: "" } as const;

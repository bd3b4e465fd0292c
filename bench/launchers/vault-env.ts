import { bySecret, type Launcher, write } from "./launcher.ts";
import { serverEnv } from "./server-env.ts";

/** https://github.com/bank-vaults/vault-env, which becomes its command. */
export const VAULT_ENV: Launcher = {
	name: "vault-env",
	program: "vault-env",
	prepare(job, { words }) {
		if (job.backend !== "vault") return undefined;
		const wanted = job.variables.map(({ key, name, secret }) => [
			name,
			`vault:secret/data/bench/${secret}#${key}`,
		]);
		const env = { ...serverEnv(job), VAULT_LOG_LEVEL: "error", ...Object.fromEntries(wanted) };
		return { words: (command) => [...words, ...command], env };
	},
};

/** https://github.com/hashicorp/envconsul, told to go with its command. */
export const ENVCONSUL: Launcher = {
	name: "envconsul",
	program: "envconsul",
	prepare(job, { words }) {
		if (job.backend !== "vault") return undefined;
		const secrets = [...bySecret(job).keys()].map(
			(secret) =>
				`secret {\n  no_prefix = true\n  path = "secret/data/bench/${secret}"\n  format = "${secret.replace("secret", "BENCH")}_{{ key }}"\n}\n`,
		);
		const tls = job.authority === undefined ? "" : `  ssl {\n    ca_cert = "${job.authority}"\n  }\n`;
		const server = `vault {\n  address = "${job.address}"\n  renew_token = false\n${tls}}\n`;
		const file = write(job, "envconsul.hcl", `${server}${secrets.join("")}`);
		const run = ["-config", file, "-once", "-log-level", "err"];
		return { words: (command) => [...words, ...run, ...command], env: serverEnv(job) };
	},
};

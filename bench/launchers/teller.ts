import type { Variable } from "../cases.ts";
import { bySecret, type Job, type Launcher, write, writeDotenv } from "./launcher.ts";
import { serverEnv } from "./server-env.ts";

/** teller does not look for its command on PATH. */
const ENV = "/usr/bin/env";

/** https://github.com/tellerops/teller, version 2 */
export const TELLER: Launcher = {
	name: "teller",
	program: "teller",
	prepare(job, { words }) {
		const maps =
			job.backend === "env"
				? [mapOf(writeDotenv(job), job.variables, ({ name }) => name)]
				: [...bySecret(job)].map(([secret, variables]) =>
						mapOf(`${PREFIXES[job.backend as "vault" | "aws"]}${secret}`, variables, ({ key }) => key),
					);
		write(
			job,
			".teller.yml",
			["providers:", "  bench:", ...kindOf(job), "    maps:", ...maps, ""].join("\n"),
		);
		return {
			words: (command) => [...words, "--config", ".teller.yml", "run", "--", ENV, ...command],
			env: serverEnv(job),
		};
	},
};

const PREFIXES = { vault: "secret/bench/", aws: "dsta/bench/" } as const;

function kindOf(job: Job): readonly string[] {
	const { VAULT_TOKEN } = serverEnv(job);
	if (job.backend === "env") return ["    kind: dotenv"];
	if (job.backend === "vault")
		return ["    kind: hashicorp", `    options: { address: "${job.address}", token: "${VAULT_TOKEN}" }`];
	const options = `region: us-east-1, access_key_id: bench, secret_access_key: bench, endpoint_url: "${job.address}"`;
	return ["    kind: aws_secretsmanager", `    options: { ${options} }`];
}

function mapOf(path: string, variables: readonly Variable[], keyOf: (variable: Variable) => string): string {
	const keys = variables.map((variable) => `${keyOf(variable)}: ${variable.name}`).join(", ");
	return `      - { id: "${path}", path: "${path}", protocol: kv2, keys: { ${keys} } }`;
}

import type { Variable } from "../cases.ts";
import { type Job, type Launcher, write, writeDotenv } from "./launcher.ts";
import { serverEnv } from "./server-env.ts";

/** https://secretspec.dev */
export const SECRETSPEC: Launcher = {
	name: "secretspec",
	program: "secretspec",
	prepare(job, { words }) {
		if (job.backend === "env") writeDotenv(job);
		const lines = job.variables.map(
			(variable) => `${variable.name} = { description = "bench"${reference(job, variable)} }`,
		);
		const project = '[project]\nname = "bench"\nrevision = "1.0"\n\n[profiles.default]\n';
		write(job, "secretspec.toml", `${project}${lines.join("\n")}\n`);
		const run = ["run", "--provider", providerOf(job), "--"];
		const trust = job.authority === undefined ? {} : { SSL_CERT_FILE: job.authority };
		return { words: (command) => [...words, ...run, ...command], env: { ...serverEnv(job), ...trust } };
	},
};

function providerOf({ address, authority, backend }: Job): string {
	if (backend === "env") return "dotenv:.env";
	if (backend === "aws") return "awssm://us-east-1";
	return `vault://${new URL(address).host}/secret${authority === undefined ? "?tls=false" : ""}`;
}

function reference({ backend }: Job, { key, secret }: Variable): string {
	if (backend === "env") return "";
	const prefix = backend === "aws" ? "dsta/" : "";
	return `, ref = { item = "${prefix}bench/${secret}", field = "${key}" }`;
}

import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Variable } from "../cases.ts";
import { type Job, type Launcher, write } from "./launcher.ts";
import { serverEnv } from "./server-env.ts";

/** https://fnox.jdx.dev; it asks Vault through Vault's own command, which OpenBao's stands in for. */
export const FNOX: Launcher = {
	name: "fnox",
	program: "fnox",
	needs: ["bao"],
	prepare(job, { pathOf, words }) {
		const bin = join(job.folder, "fnox-bin");
		mkdirSync(bin);
		symlinkSync(pathOf("bao"), join(bin, "vault"));
		const secrets = job.variables.map((variable) => `${variable.name} = ${sourceOf(job, variable)}`);
		write(job, "fnox.toml", `${providerOf(job)}\n[secrets]\n${secrets.join("\n")}\n`);
		const PATH = `${bin}:${process.env.PATH}`;
		return { words: (command) => [...words, "exec", "--", ...command], env: { ...serverEnv(job), PATH } };
	},
};

function providerOf({ address, backend }: Job): string {
	if (backend === "env") return "";
	if (backend === "aws")
		return '[providers]\naws = { type = "aws-sm", region = "us-east-1", prefix = "dsta/bench/" }\n';
	return `[providers]\nvault = { type = "vault", address = "${address}", path = "secret/bench" }\n`;
}

function sourceOf({ backend }: Job, { key, secret, value }: Variable): string {
	if (backend === "env") return `{ default = "${value}" }`;
	if (backend === "aws") return `{ provider = "aws", value = "${secret}", json_path = "${key}" }`;
	return `{ provider = "vault", value = "${secret}/${key}" }`;
}

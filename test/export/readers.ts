import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { parse } from "yaml";
import { parseDotenv } from "../../src/backends/env/dotenv.ts";
import type { ExportFormat } from "../../src/cli/usage.ts";
import { IS_PREPARED, PREPARED } from "../examples/prepared.ts";
import { readDockerCommand } from "./docker.ts";

export type Variables = Readonly<Record<string, string | undefined>>;

/** A program or a library that a format is for. */
export interface Reader {
	readonly format: ExportFormat;
	readonly name: string;
	readonly isThere: boolean;
	/** The variables that it makes of a text. */
	readonly read: (text: string, names: readonly string[]) => Variables | Promise<Variables>;
}

const always = (format: ExportFormat, name: string, read: Reader["read"]): Reader => ({
	format,
	name,
	isThere: true,
	read,
});
const prepared = (format: ExportFormat, name: string, read: Reader["read"]): Reader => ({
	format,
	name,
	isThere: IS_PREPARED,
	read,
});
const program = (format: ExportFormat, file: string, read: Reader["read"]): Reader => ({
	format,
	name: file,
	isThere: spawnSync("sh", ["-c", `command -v ${file}`]).status === 0,
	read,
});

/** Everybody who reads a format and who may be at hand here; of the others the rules that they document. */
export const READERS: readonly Reader[] = [
	always("dotenv", "Node", (text) => parseEnv(text) as Variables),
	always("dotenv", "dsta-run", (text) => Object.fromEntries(parseDotenv(text, "f"))),
	prepared("dotenv", "the package dotenv", (text) => requirePrepared("dotenv").parse(text)),
	prepared("dotenv", "python-dotenv", (text) => {
		const script =
			"import dotenv, json, sys; print(json.dumps(dotenv.dotenv_values(sys.argv[1], interpolate=False)))";
		return JSON.parse(
			execFileSync(join(PREPARED, "bin/python"), ["-c", script, fileWith(text)], { encoding: "utf8" }),
		);
	}),
	prepared("dotenv", "Docker Compose", (text) => {
		const compose = fileWith(`name: x\nservices: { a: { image: x, env_file: [${fileWith(text)}] } }\n`);
		const words = ["-f", compose, "config", "--format", "json"];
		const { services } = JSON.parse(
			execFileSync(join(PREPARED, "bin/docker-compose"), words, { encoding: "utf8" }),
		);
		return mapValues(services.a.environment, (value) => value.replaceAll("$$", "$"));
	}),
	always("json", "JSON", (text) => JSON.parse(text)),
	always("yaml", "YAML 1.2", (text) => parse(text)),
	always("yaml", "YAML 1.1", (text) => parse(text, { version: "1.1" })),
	...["dash", "bash", "zsh"].map((shell) => program("shell", shell, inShell(shell, "-c"))),
	program("shell", "busybox", inShell("busybox", "sh", "-c")),
	program("fish", "fish", (text) =>
		readEnvironment("fish", ["--no-config", "-c", "source $argv[1]; exec env -0", fileWith(text)]),
	),
	always("powershell", "what PowerShell documents", readPowerShell),
	always("github", "what GitHub documents", readGitHub),
	always("docker", "what docker documents", (text) =>
		Object.fromEntries(text.split("\n").slice(0, -1).map(splitAssignment)),
	),
	program("docker", "docker", (text) => readDockerCommand(fileWith(text))),
	always("k8s", "YAML", (text) => mapValues(parse(text).data, decodeBase64)),
	program("k8s", "kubectl", (text) => {
		const words = ["label", "--local", "--filename", fileWith(text), "--output", "json", "a=b"];
		return mapValues(JSON.parse(execFileSync("kubectl", words, { encoding: "utf8" })).data, decodeBase64);
	}),
	prepared("tfvars", "Terraform's parser", async (text) => {
		const values = await requirePrepared("@cdktn/hcl2json").parse("a.tfvars", text);
		// It leaves templates as they are.
		return mapValues(values, (value) => value.replace(/([$%])\1(?=\{)/g, "$1"));
	}),
	program("tfvars", "terraform", readTerraform),
];

function inShell(...command: readonly [string, ...string[]]): Reader["read"] {
	const [file, ...words] = command;
	return (text) => readEnvironment(file, [...words, `eval "$(cat "$1")"; exec env -0`, "sh", fileWith(text)]);
}

function readEnvironment(file: string, words: readonly string[]): Variables {
	const env = { PATH: process.env.PATH, HOME: tmpdir(), LC_ALL: "C.UTF-8" };
	const output = execFileSync(file, words, { encoding: "utf8", env });
	return Object.fromEntries(output.split("\0").slice(0, -1).map(splitAssignment));
}

/** Assignments of one line each, as Invoke-Expression gets them. */
function readPowerShell(text: string): Variables {
	const lines = text.split("\n").slice(0, -1);
	const single = /^\$env:(\w+) = '((?:[ -&(-~]|'')*)'$/;
	const double = /^\$env:(\w+) = "((?:`[ -~]|\$\(\[char\]\d+\)|[ !#%-_a-~])*)"$/;
	return Object.fromEntries(
		lines.map((line) => {
			const [, name, literal] = single.exec(line) ?? [];
			if (name !== undefined) return [name, literal?.replaceAll("''", "'")];
			const [, other = line, expandable = ""] = double.exec(line) ?? [];
			const value = expandable.replace(/`(.)|\$\(\[char\](\d+)\)/g, (_, letter: string, unit: string) =>
				letter === undefined
					? String.fromCharCode(Number(unit))
					: ({ n: "\n", r: "\r", t: "\t" }[letter] ?? letter),
			);
			return [other, value];
		}),
	);
}

/** `NAME<<DELIMITER`, the value, and the delimiter in a line of its own. */
function readGitHub(text: string): Variables {
	const variables: Record<string, string> = {};
	const lines = text.split("\n");
	while (lines.length > 1) {
		const [, name = "", delimiter = ""] = /^([^=<]+)<<(.+)$/.exec(lines.shift() as string) ?? [];
		const end = lines.indexOf(delimiter);
		variables[name] = lines
			.splice(0, end + 1)
			.slice(0, -1)
			.join("\n");
	}
	return variables;
}

function readTerraform(text: string, names: readonly string[]): Variables {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-terraform-"));
	writeFileSync(join(folder, "main.tf"), names.map((name) => `variable "${name}" {}\n`).join(""));
	writeFileSync(join(folder, "v.tfvars"), text);
	const output = execFileSync("terraform", ["console", "-var-file=v.tfvars"], {
		cwd: folder,
		encoding: "utf8",
		input: `base64encode(jsonencode({ ${names.map((name) => `${name} = var.${name}`).join(", ")} }))\n`,
	});
	return JSON.parse(decodeBase64(/"(\S+)"\s*$/.exec(output)?.[1] ?? ""));
}

// biome-ignore lint/suspicious/noExplicitAny: packages that this repository does not depend on.
const requirePrepared = (name: string): any => createRequire(join(PREPARED, "node/"))(name);
const decodeBase64 = (text: string) => Buffer.from(text, "base64").toString();

function splitAssignment(line: string): readonly [string, string] {
	const end = line.indexOf("=");
	return [line.slice(0, end), line.slice(end + 1)];
}

function mapValues(
	values: Readonly<Record<string, string>>,
	change: (value: string) => string,
): Record<string, string> {
	return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

function fileWith(text: string): string {
	const file = join(mkdtempSync(join(tmpdir(), "dsta-run-export-")), "file");
	writeFileSync(file, text);
	return file;
}

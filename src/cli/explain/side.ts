import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { parseDotenv } from "../../backends/env/dotenv.ts";
import { loadText } from "../../backends/env/env-file.ts";
import { DstaError } from "../../errors.ts";
import type { Outcome } from "../../resolve/resolve.ts";
import { checkFeasibility } from "../feasibility.ts";
import type { Host } from "../host.ts";
import { isMissing } from "../is-missing.ts";
import type { CommandLine } from "../options.ts";
import { concludeResolutions } from "../report.ts";
import { openSession } from "../session.ts";

/** One of two that are compared, resolved. */
export interface Side {
	readonly outcomes: readonly Outcome[];
	/** The status of a run before its command. */
	readonly status: number;
}

/**
 * Resolves a side: a map, `@` and a dotenv file whose variables beat those of the environment (VAULT_NAMESPACE, AWS_PROFILE …), or
 * both; where the line names variables, what gives none of them is left out. Its messages begin with its name.
 * @throws {DstaError} DSTA_FILE_NOT_FOUND a file of it is missing · DSTA_MAP, DSTA_CONFIG one is wrong
 */
export async function resolveSide(word: string, commandLine: CommandLine, host: Host): Promise<Side> {
	const { envFile, map } = parseSide(word, host.cwd);
	const env = envFile === undefined ? host.env : { ...host.env, ...(await loadVariables(envFile, host.cwd)) };
	const log: Host["log"] = (level, message, { text = message, ...fields }) =>
		host.log(level, `${word}: ${message}`, {
			...fields,
			text: text === "" ? "" : `${word}: ${text}`,
			side: word,
		});
	const options = { ...commandLine.options, ...(map === undefined ? {} : { map }) };
	const session = await openSession({ ...commandLine, options }, { ...host, env, log });
	await checkFeasibility(session);
	const all = await session.resolveLines(session.map);
	await session.backends.release();
	const [, , ...names] = commandLine.operands;
	const outcomes = names.length === 0 ? all : all.filter((outcome) => mayGive(outcome, names));
	return { outcomes, status: concludeResolutions(log, outcomes, {}).status };
}

// Which names a wildcard would have given that failed, nobody knows.
function mayGive({ errors, names, values }: Outcome, asked: readonly string[]): boolean {
	if (errors.length > 0 && names.some((name) => name.includes("*"))) return true;
	return asked.some((name) => names.includes(name) || values.has(name));
}

// A file that has an @ in its name is one.
function parseSide(word: string, cwd: string): { readonly map?: string; readonly envFile?: string } {
	const at = word.lastIndexOf("@");
	if (at < 0 || existsSync(isAbsolute(word) ? word : join(cwd, word))) return { map: word };
	const envFile = word.slice(at + 1);
	if (envFile === "")
		throw new DstaError("DSTA_USAGE", `${JSON.stringify(word)} names no file after the @`, {
			cure: "Write MAP, @ENVFILE or MAP@ENVFILE: dsta-run explain --diff @staging.env @production.env",
		});
	return { ...(at === 0 ? {} : { map: word.slice(0, at) }), envFile };
}

async function loadVariables(name: string, cwd: string): Promise<Readonly<Record<string, string>>> {
	const file = isAbsolute(name) ? name : join(cwd, name);
	const cure =
		"Name a dotenv file that exists after the @, with the variables that tell this side from the other.";
	if (isMissing(file))
		throw new DstaError("DSTA_FILE_NOT_FOUND", `The env file ${name} does not exist`, { cure });
	return Object.fromEntries(await loadText(file, { name, cure, parse: parseDotenv }));
}

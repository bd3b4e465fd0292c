import { resolve } from "node:path";
import { DstaError } from "../../errors.ts";
import type { Backend, BackendContext, Found, ReadRequest } from "../backend.ts";
import { loadDotenv } from "./dotenv.ts";
import { candidateNames, candidatePrefixes, countEndings } from "./names.ts";

const DEFAULT_FILE = ".env";

/**
 * Makes the backend for the process environment and the dotenv file behind it. It is always configured.
 * @throws {DstaError} DSTA_FILE_NOT_FOUND a file named by option or DSTA_ENV_FILE does not exist · DSTA_CONFIG it cannot be read
 */
export function createEnvBackend(context: BackendContext): Backend {
	const file = dotenvFile(context);
	const fromFile = loadEnvFile(context);
	const endings = countEndings(context.paths);
	const originOf = (name: string) => (context.env[name] === undefined ? (file as string) : "environment");
	const lookUp = (name: string) =>
		Object.hasOwn(context.env, name) ? context.env[name] : fromFile.get(name);

	function readOne(request: ReadRequest): Found | undefined {
		for (const name of candidateNames(request.path, request.names, endings)) {
			const value = lookUp(name);
			if (value !== undefined) return { value, location: `${name} (${originOf(name)})` };
		}
		return undefined;
	}

	function readAll(request: ReadRequest): Found | undefined {
		const names = [...new Set([...Object.keys(context.env), ...fromFile.keys()])];
		for (const prefix of candidatePrefixes(request.path, request.names)) {
			const taken = names.filter((name) => name.startsWith(prefix) && name !== prefix);
			if (taken.length === 0) continue;
			const value = Object.fromEntries(
				taken.map((name) => [name.slice(prefix.length).toLowerCase(), lookUp(name) ?? ""]),
			);
			return { value, location: `${prefix}* (${[...new Set(taken.map(originOf))].join(", ")})` };
		}
		return undefined;
	}

	return {
		name: "env",
		description: file === undefined ? "environment" : `environment and ${file}`,
		async read(request, signal) {
			if (signal.aborted) throw abortedError(request.path.text);
			return request.path.selector.kind === "all" ? readAll(request) : readOne(request);
		},
		locations: ({ path, names }) =>
			path.selector.kind === "all"
				? candidatePrefixes(path, names).map((prefix) => `${prefix}*`)
				: candidateNames(path, names, endings),
		advice: ({ path, names }) =>
			`Set ${names[0] ?? candidateNames(path, names, endings)[0]} in the environment or in ${file ?? "an env file"}, configure a backend that has ${path.text} (VAULT_ADDR, AWS_REGION), or give its entry a default or optional: true.`,
		async check(signal) {
			if (signal.aborted) throw abortedError();
		},
		close: () => undefined,
	};
}

/**
 * Reads the variables of the dotenv file that the context names: none when there is no such file and it may be missing.
 * @throws {DstaError} as `createEnvBackend`
 */
export function loadEnvFile(context: BackendContext): Map<string, string> {
	const file = dotenvFile(context);
	if (file === undefined) return new Map();
	const variables = loadDotenv(resolve(context.cwd, file), file);
	if (variables === undefined && context.envFile !== undefined)
		throw new DstaError("DSTA_FILE_NOT_FOUND", `The env file ${file} does not exist`, {
			backend: "env",
			cure: "Name one that exists with --env-file or DSTA_ENV_FILE, or read none: --no-env-file.",
		});
	return variables ?? new Map();
}

function dotenvFile({ envFile, settings }: BackendContext): string | undefined {
	if (envFile === false) return undefined;
	return envFile ?? (typeof settings.file === "string" ? settings.file : DEFAULT_FILE);
}

function abortedError(path?: string): DstaError {
	const message = `${path ?? "A variable"} was not read from the environment: the time is over`;
	const about = path === undefined ? {} : { path };
	return new DstaError("DSTA_TIMEOUT", message, { ...about, backend: "env", cure: "Raise --timeout." });
}

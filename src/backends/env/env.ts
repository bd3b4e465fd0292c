import { DstaError } from "../../errors.ts";
import type { Backend, BackendContext, Found, ReadRequest } from "../backend.ts";
import { perSignal } from "../per-signal.ts";
import { candidateNames, candidatePrefixes, findSharedEndings } from "./names.ts";

/** Makes the backend for the process environment and the dotenv file behind it. It is always configured. */
export function createEnvBackend({ env, envFile, paths }: BackendContext): Backend {
	const isShared = findSharedEndings(paths);
	const namesFor = ({ path, names }: ReadRequest) => candidateNames(path, names, isShared(path));

	// The file may change, but not within a resolution.
	const variablesUnder = perSignal(async () => (await envFile?.variables()) ?? NONE);

	async function read(request: ReadRequest, signal: AbortSignal): Promise<Found | undefined> {
		if (signal.aborted) throw abortedError(request.path.text);
		return request.path.selector.kind === "all" ? readAll(request, signal) : readOne(request, signal);
	}

	async function readOne(request: ReadRequest, signal: AbortSignal): Promise<Found | undefined> {
		for (const name of namesFor(request)) {
			const found = await lookUp(name, signal);
			if (found !== undefined) return { value: found.value, location: `${name} (${found.origin})` };
		}
		return undefined;
	}

	async function lookUp(
		name: string,
		signal: AbortSignal,
	): Promise<{ value: string; origin: string } | undefined> {
		const own = Object.hasOwn(env, name) ? env[name] : undefined;
		if (own !== undefined) return { value: own, origin: "environment" };
		const value = (await variablesUnder(signal)).get(name);
		return value === undefined ? undefined : { value, origin: envFile?.name ?? "" };
	}

	// A variable goes to the first prefix that it begins with, and so does a key that two of them would give.
	async function readAll({ path, names }: ReadRequest, signal: AbortSignal): Promise<Found | undefined> {
		const prefixes = candidatePrefixes(path, names);
		const variables = new Set([...Object.keys(env), ...(await variablesUnder(signal)).keys()]);
		const fields = new Map<string, string>();
		const places = new Set<string>();
		for (const prefix of prefixes) {
			for (const name of [...variables].filter((variable) => isBelow(variable, prefix))) {
				variables.delete(name);
				const key = name.slice(prefix.length).toLowerCase();
				const found = await lookUp(name, signal);
				if (found === undefined || fields.has(key)) continue;
				fields.set(key, found.value);
				places.add(`${prefix}* (${found.origin})`);
			}
		}
		if (fields.size === 0) return undefined;
		return { value: Object.fromEntries(fields), location: [...places].join(", ") };
	}

	return {
		name: "env",
		description: envFile === undefined ? "environment" : `environment and ${envFile.name}`,
		read,
		async revision(request, signal) {
			const found = await read(request, signal);
			if (found === undefined) return { kind: "absent" };
			return { kind: "known", text: `${found.location}, ${envFile?.state ?? "no file"}` };
		},
		locations: (request) =>
			request.path.selector.kind === "all"
				? candidatePrefixes(request.path, request.names).map((prefix) => `${prefix}*`)
				: namesFor(request),
		advice(request) {
			const { path, names } = request;
			const [example] = names.length > 0 ? names : namesFor(request);
			const file = envFile?.name ?? "an env file";
			const set = example === undefined ? `Map ${path.text} to a variable` : `Set ${example}`;
			return `${set} in the environment or in ${file}, configure a backend that has ${path.text} (VAULT_ADDR, AWS_REGION), or give its entry a default or optional: true.`;
		},
		async check(signal) {
			if (signal.aborted) throw abortedError();
			await variablesUnder(signal);
		},
		close: () => undefined,
	};
}

const NONE: ReadonlyMap<string, string> = new Map();

function isBelow(name: string, prefix: string): boolean {
	return name.startsWith(prefix) && name !== prefix;
}

function abortedError(path?: string): DstaError {
	const message = `${path ?? "A variable"} was not read from the environment: the time is over`;
	const about = path === undefined ? {} : { path };
	return new DstaError("DSTA_TIMEOUT", message, { ...about, backend: "env", cure: "Raise --timeout." });
}

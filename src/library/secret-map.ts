import { isAbsolute, join } from "node:path";
import { BACKEND_NAMES, type BackendName } from "../backends/registry.ts";
import { DstaError, joinErrors } from "../errors.ts";
import { loadSecretMap as load } from "../map/load.ts";
import type { SecretMap } from "../map/secret-map.ts";
import { unattendedWords } from "../resolve/lease-words.ts";
import { type PreparedMap, prepareMap, resolveLines } from "../resolve/map.ts";
import { collect, type Resolution, resolveEntries } from "../resolve/resolve.ts";
import type { Filling } from "../resolve/templates.ts";
import { checkMs } from "./milliseconds.ts";
import { contextIn } from "./surroundings.ts";

const DEFAULT_MAP = "secrets.map.yaml";

/** How a map is resolved; each option beats what the map says. */
export interface ResolveMapOptions {
	/** Ask only this backend. */
	readonly backend?: BackendName;
	/** Whether an unavailable backend is an error, instead of a reason to ask the next one. */
	readonly strict?: boolean;
	/** The environment that configures the backends, and that secrets may lie in; `process.env` by default. */
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** The dotenv file behind the environment; what the map says by default, else `.env`, where there is one; `false`: none. */
	readonly envFile?: string | false;
	/** The directory of relative files; the working directory by default. */
	readonly cwd?: string;
	/** The deadline in milliseconds. */
	readonly timeoutMs?: number;
	/** Ends the resolution. */
	readonly signal?: AbortSignal;
	/** Hears of each backend that is passed over, and of each default that stands in for one; `process.emitWarning` by default. */
	readonly onWarning?: (message: string) => void;
}

/**
 * Reads and checks a map; `secrets.map.yaml` by default.
 * @throws {DstaError} DSTA_FILE_NOT_FOUND there is none · DSTA_MAP it cannot be read, or has mistakes: a line for each
 */
export async function loadSecretMap(
	file: string = DEFAULT_MAP,
	options: Pick<ResolveMapOptions, "cwd"> = {},
): Promise<SecretMap> {
	const { cwd = "." } = options;
	return load(isAbsolute(file) ? file : join(cwd, file), { shownAs: file, backends: BACKEND_NAMES });
}

/**
 * Resolves all that a map names, by the name of each variable. Nothing is given unless every required entry resolved. What was lent
 * (`engine: raw`) is neither renewed nor revoked: it ends by itself, and a warning says when.
 * @throws {DstaError} the most urgent kind of all that went wrong, with a line for each · DSTA_UNSUPPORTED the map has files ·
 * DSTA_USAGE an option makes no sense
 */
export async function resolveSecretMap(
	map: SecretMap,
	options: ResolveMapOptions = {},
): Promise<Record<string, string>> {
	return withResolved(map, options, async ({ backends, values, warn }) => {
		const leases = await backends.leases();
		if (leases.length > 0) {
			warn(`${unattendedWords("after resolveSecretMap", leases)}. ${RUN_INSTEAD}`);
			// It would end with the token of a login as well.
			await backends.abandon();
		}
		return Object.fromEntries(values);
	});
}

const RUN_INSTEAD = "Start what goes on for longer with runCommand, which looks after them.";

/** A map whose entries have all resolved. */
export interface ResolvedMap extends Pick<PreparedMap, "backends" | "envFile"> {
	readonly values: ReadonlyMap<string, string>;
	readonly warn: (message: string) => void;
}

/**
 * Has something done with all that a map names; then what the backends have lent is given back.
 * @throws {DstaError} as `resolveSecretMap`
 */
export async function withResolved<T>(
	map: SecretMap,
	options: ResolveMapOptions,
	action: (resolved: ResolvedMap) => Promise<T>,
): Promise<T> {
	refuseFiles(map);
	checkMs("timeoutMs", options.timeoutMs);
	options.signal?.throwIfAborted();
	const { cwd, env, onWarning, ...choices } = options;
	const { warn, ...context } = contextIn({ cwd, env, onWarning });
	const { backends, envFile, resolveOptions } = prepareMap(map, {
		...choices,
		...context,
		onPassedOver: ({ message }) => warn(`${message}; the next backend is asked`),
		onDefault: ({ path }, backend) =>
			warn(`the default of ${path.text} stands in for ${backend}, which could not be asked`),
	});
	try {
		const resolutions = await resolveLines(map, (entries) => resolveEntries(entries, resolveOptions));
		options.signal?.throwIfAborted();
		return await action({ backends, envFile, values: valuesOf(resolutions), warn });
	} finally {
		await backends.release();
	}
}

function valuesOf(resolutions: readonly (Resolution | Filling)[]): ReadonlyMap<string, string> {
	const { errors, values } = collect(resolutions);
	const [first, ...others] = errors;
	if (first !== undefined) throw joinErrors([first, ...others]);
	return values;
}

// Files have to be removed by somebody who outlives their reader.
function refuseFiles({ entries, file }: SecretMap): void {
	const entry = entries.find(({ as }) => as !== undefined);
	if (entry === undefined) return;
	throw new DstaError(
		"DSTA_UNSUPPORTED",
		`${file} gives ${entry.path.text} as a file, which the library does not do`,
		{
			path: entry.path.text,
			cure: `Take as: ${entry.as} from its entry, or start the program with dsta-run --.`,
		},
	);
}

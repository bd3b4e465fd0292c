import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { EnvFile } from "../backends/env/env-file.ts";
import { BACKEND_NAMES, type BackendName } from "../backends/registry.ts";
import { DstaError } from "../errors.ts";
import { killGroup, killTree } from "../launch/kill.ts";
import type { Manner } from "../launch/launch.ts";
import { loadSecretMap } from "../map/load.ts";
import type { AuditSettings, Entry, SecretMap } from "../map/secret-map.ts";
import { DEFAULT_WATCH_MS } from "../map/settings.ts";
import type { Audit } from "../observe/audit.ts";
import type { Backends, BackendsOptions } from "../resolve/backends.ts";
import { chainOf } from "../resolve/chain.ts";
import { prepareMap, resolveLines } from "../resolve/map.ts";
import type { PolicyOptions } from "../resolve/policy.ts";
import { type Resolution, type ResolveOptions, resolveEntries } from "../resolve/resolve.ts";
import type { Snapshot } from "../resolve/snapshot/snapshot.ts";
import type { Filling } from "../resolve/templates.ts";
import type { Host } from "./host.ts";
import type { CommandLine, Options } from "./options.ts";
import { startProgress } from "./progress.ts";
import { reportDefaults, reportPassedOver } from "./report.ts";
import type { TelemetrySettings } from "./telemetry-settings.ts";

const DEFAULT_MAP = "secrets.map.yaml";

/** A map together with the backends and the policy to resolve it with. */
export interface Session {
	readonly map: SecretMap;
	readonly backends: Backends;
	readonly envFile: EnvFile | undefined;
	readonly chain: readonly BackendName[];
	readonly timeoutMs: number;
	/** What follows where a backend fails. */
	readonly policy: PolicyOptions;
	/** How the command is to be run. */
	readonly manner: Manner;
	/** How others are told of the run. */
	readonly telemetry: TelemetrySettings;
	/** What entries are resolved with, but for the snapshot. */
	readonly resolveOptions: ResolveOptions;
	/** Resolves entries, those of the map or others, by the backends alone, and shows on a terminal when it takes long. */
	resolve(entries: readonly Entry[]): Promise<readonly Resolution[]>;
	/** Resolves entries and templates of the map, with its snapshot if it has one, and asks for what they share once. */
	resolveLines(lines: Lines): Promise<readonly (Resolution | Filling)[]>;
	/** Opens the map's snapshot, if it has one; `strict`: to be written alone. */
	openSnapshot(strict: boolean): Promise<Snapshot | undefined>;
	/** Keeps in the snapshot what was resolved: to be called when everything was. What goes wrong is a warning. */
	saveSnapshot(): Promise<void>;
	/** Where it is recorded what is done, if it is. */
	readonly audit: AuditSettings | undefined;
	/**
	 * Opens that log.
	 * @throws {DstaError} DSTA_OUTPUT it cannot be written
	 */
	openAudit(): Promise<Audit | undefined>;
}

/** Entries and templates of a map. */
export type Lines = Pick<SecretMap, "entries" | "templates">;

export interface SessionOptions {
	/** The map, where it was read already. */
	readonly map?: SecretMap;
	/** Whether there must be a map; otherwise a missing default one is empty. */
	readonly needsMap?: boolean;
	/** Hears of each request that was sent. */
	readonly onSent?: () => void;
	/** Has something done before a signal ends this process. */
	readonly beforeEnd?: BackendsOptions["beforeEnd"];
}

/**
 * Reads the map and prepares its backends; nobody is asked yet.
 * @throws {DstaError} DSTA_FILE_NOT_FOUND there is no map or no env file · DSTA_MAP the map is wrong
 */
export async function openSession(
	{ options }: CommandLine,
	host: Host,
	{ beforeEnd, map: given, needsMap = true, onSent }: SessionOptions = {},
): Promise<Session> {
	const isMissing = !needsMap && options.map === undefined && !existsSync(join(host.cwd, DEFAULT_MAP));
	const map = given ?? (isMissing ? EMPTY_MAP : await loadMap(options.map, host.cwd));
	const ending = {
		beforeEnd,
		killGroup: (pid: number) => killGroup(host.process, pid),
		killTree: (pid: number) => killTree(host.process, pid),
	};
	const defaults: { readonly backend: BackendName; readonly names: readonly string[] }[] = [];
	const { backends, envFile, resolveOptions } = prepareMap(map, {
		env: host.env,
		home: host.home,
		cwd: host.cwd,
		envFile: options.envFile,
		onSent,
		...ending,
		log: host.log,
		backend: options.backend,
		strict: options.strict,
		timeoutMs: options.timeoutMs,
		onPassedOver: (error, entries) => reportPassedOver(host.log, error, entries),
		onDefault: ({ names, path }, backend) =>
			defaults.push({ backend, names: names.length === 0 ? [path.text] : names }),
	});
	async function resolve(
		entries: readonly Entry[],
		options = resolveOptions,
	): Promise<readonly Resolution[]> {
		const progress = startProgress(host.terminal, "waiting for the secrets");
		try {
			return await resolveEntries(entries, options);
		} finally {
			progress.stop();
			const standIns = Map.groupBy(defaults.splice(0), ({ backend }) => backend);
			for (const [backend, group] of standIns)
				reportDefaults(
					host.log,
					backend,
					group.flatMap(({ names }) => names),
				);
		}
	}
	async function openSnapshot(strict: boolean): Promise<Snapshot | undefined> {
		if (map.snapshot === undefined) return undefined;
		const { openMapSnapshot } = await import("./snapshot.ts");
		return openMapSnapshot(map.snapshot, { ...ending, strict }, host);
	}
	const audit = options.audit === undefined ? map.audit : { ...map.audit, file: options.audit };
	let snapshot: Snapshot | undefined;
	async function resolveWithSnapshot(entries: readonly Entry[]): Promise<readonly Resolution[]> {
		snapshot = await openSnapshot(resolveOptions.strict);
		if (snapshot === undefined) return resolve(entries);
		const resolutions = await resolve(entries, { ...resolveOptions, snapshot });
		(await import("./snapshot.ts")).reportStandIns(host.log, resolutions);
		return resolutions;
	}
	return {
		map,
		backends,
		envFile,
		chain: chainOf({}, resolveOptions),
		timeoutMs: resolveOptions.timeoutMs,
		policy: { strict: resolveOptions.strict, on: resolveOptions.on },
		manner: {
			...map.run,
			watch: options.watchMs ?? (map.run.watch || (options.watch === true && DEFAULT_WATCH_MS)),
			mode: options.mode ?? map.run.mode ?? "spawn",
			redact: options.redact ?? map.run.redact ?? false,
			options: optionsBeside(map, options),
			notifySocket: host.env.NOTIFY_SOCKET,
		},
		telemetry: telemetryOf(options, map),
		resolveOptions,
		resolve,
		openSnapshot,
		resolveLines: (lines) => resolveLines(lines, resolveWithSnapshot),
		saveSnapshot: async () => snapshot?.save(),
		audit,
		openAudit: async () =>
			audit === undefined ? undefined : (await import("./audit.ts")).openOwnAudit(audit, host),
	};
}

function optionsBeside(
	{ run }: SecretMap,
	{ redact, watch, watchMs }: Options,
): Readonly<Record<string, string>> {
	const watching = watch === true ? "--watch" : "--watch-interval";
	return {
		...(run.watch || (watch === undefined && watchMs === undefined) ? {} : { "run.watch": watching }),
		...(run.redact || redact !== true ? {} : { "run.redact": "--redact" }),
	};
}

function telemetryOf({ metrics, metricsTextfile }: Options, { run }: SecretMap): TelemetrySettings {
	const text = metrics ?? run.metrics;
	return {
		...(text === undefined ? {} : { metrics: { text, isOption: metrics !== undefined } }),
		...(metricsTextfile === undefined ? {} : { textfile: metricsTextfile }),
	};
}

/**
 * Reads the map that a command line names, or the default one.
 * @throws {DstaError} DSTA_FILE_NOT_FOUND there is none · DSTA_MAP it is wrong
 */
export async function loadMap(file = DEFAULT_MAP, cwd: string): Promise<SecretMap> {
	try {
		return await loadSecretMap(isAbsolute(file) ? file : join(cwd, file), {
			shownAs: file,
			backends: BACKEND_NAMES,
		});
	} catch (error) {
		// In a container or a unit it is often the directory that is another than was meant.
		if (error instanceof DstaError && error.code === "DSTA_FILE_NOT_FOUND" && !isAbsolute(file))
			throw new DstaError(error.code, `${error.message} in ${cwd}`, { cure: error.cure });
		throw error;
	}
}

/** What stands for the default map where there is none. */
export const EMPTY_MAP: SecretMap = { file: "(no map)", entries: [], backends: {}, run: {} };

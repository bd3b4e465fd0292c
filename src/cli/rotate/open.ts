import { hostname } from "node:os";
import { resolve } from "node:path";
import { DstaError } from "../../errors.ts";
import { killGroup } from "../../launch/kill.ts";
import { captureSignals, type Signals } from "../../launch/signals.ts";
import { MAX_STRING_BYTES } from "../../launch/size.ts";
import type { Entry } from "../../map/secret-map.ts";
import type { Audit } from "../../observe/audit.ts";
import { chainOf } from "../../resolve/chain.ts";
import { toText } from "../../resolve/validate.ts";
import {
	type Candidate,
	checkOwnSettings,
	entryFor,
	type MapSearch,
	settingsOf,
} from "../../rotation/candidates.ts";
import type { Journal } from "../../rotation/checklist.ts";
import type { Job } from "../../rotation/job.ts";
import { findTarget, type Target } from "../../rotation/target.ts";
import type { SecretPath } from "../../secret-path.ts";
import type { Host } from "../host.ts";
import type { CommandLine } from "../options.ts";
import { warningOf } from "../report.ts";
import { openSession, type Session } from "../session.ts";

/** All that the ways to rotate work with. */
export interface Rotating {
	readonly commandLine: CommandLine;
	readonly host: Host;
	readonly session: Session;
	/** Where the entries of the map are looked for; what is down is an error there, whatever the policy of a run. */
	readonly search: MapSearch;
	/** How a field is rotated, without those who hear of it. */
	jobFor(candidate: Candidate): Job;
}

/**
 * Reads the map, opens its audit log and prepares its backends; nobody is asked yet.
 * @throws {DstaError} DSTA_OUTPUT the audit log cannot be written · as `openSession`
 */
export async function openRotating(
	commandLine: CommandLine,
	host: Host,
	{ needsMap }: { readonly needsMap: boolean },
): Promise<Rotating> {
	const session = await openSession(commandLine, host, { needsMap });
	const audit = commandLine.options.dryRun ? undefined : await session.openAudit();
	const { backend, force, map } = commandLine.options;
	const { backends, chain, timeoutMs } = session;
	// So that what a hook asks dsta-run for is asked by the same map.
	const env = map === undefined ? host.env : { ...host.env, DSTA_MAP: resolve(host.cwd, map) };
	let signals: Signals | undefined;
	function prepareHook(): ReturnType<Job["prepareHook"]> {
		// Before it is started, and only then: without a hook a signal ends this process as any other.
		signals ??= captureSignals(host.process);
		const { beforeEnd } = signals;
		return { cwd: host.cwd, env, beforeEnd, killGroup: (pid) => killGroup(host.process, pid) };
	}
	return {
		commandLine,
		host,
		session,
		search: {
			chainOf: (entry) => chainOf(entry, { backend, chain }),
			get: (name) => backends.get(name as (typeof chain)[number]),
			timeoutMs,
		},
		jobFor: ({ entry, path, settings }) => ({
			settings,
			checkValue: (value) => checkValue(value, { ...entry, path }),
			revokesNow: force,
			prepareHook,
			...(audit === undefined ? {} : { record: recordIn(audit) }),
			host: hostname(),
			timeoutMs,
			warn: warningOf(host.log, "rotation.warning"),
		}),
	};
}

function recordIn(audit: Audit): NonNullable<Journal["record"]> {
	return async ({ code: error, ...result }, { id, newVersion, oldVersion, ...where }) =>
		audit.write([
			{
				action: "rotate",
				rotation: id,
				...result,
				...where,
				version: newVersion,
				was_version: oldVersion,
				error,
			},
		]);
}

/** A field that the command line names, and how it is rotated. */
export interface Named {
	readonly target: Target;
	readonly candidate: Candidate;
}

/**
 * Finds a field by its path: as the map says, where it is in the map.
 * @throws {DstaError} DSTA_NOT_FOUND nobody has it · as `findTarget`
 */
export async function findNamed(path: SecretPath, { search, session: { map } }: Rotating): Promise<Named> {
	const known = entryFor(map, path);
	const entry = known ?? { path, names: [] };
	const target = await findTarget(path, { ...search, chain: search.chainOf(entry), names: entry.names });
	checkOwnSettings(entry, target.backend.name);
	const { backend, current } = target;
	if (current === undefined)
		throw new DstaError(
			"DSTA_NOT_FOUND",
			`Secret not found: ${path.text} (${backend.name} has nothing at ${backend.locations({ path, names: [] }).join(", ")})`,
			{
				backend: backend.name,
				path: path.text,
				cure: `Only what is there can be rotated. Its first value: dsta-run put ${path.text}`,
			},
		);
	return { target, candidate: { path, entry, settings: known === undefined ? {} : settingsOf(map, known) } };
}

// What would keep the next start of a command from its secrets is not to be written.
function checkValue(value: string, entry: Entry): void {
	const { path } = entry;
	const names = entry.names.filter((one) => !one.endsWith("*"));
	const text = newText(value, entry, names[0] ?? path.text);
	if (entry.as !== undefined) return;
	const crowded = names.find((name) => Buffer.byteLength(`${name}=${text}`) > MAX_STRING_BYTES);
	const fault = value.includes("\0")
		? "holds a NUL character, which no variable can"
		: crowded &&
			`is too large for the variable ${crowded}, of which the kernel takes ${MAX_STRING_BYTES} bytes`;
	if (fault === undefined) return;
	throw new DstaError("DSTA_INVALID_VALUE", `The new value of ${path.text} ${fault}`, {
		path: path.text,
		cure: "Make another one, or have the command get it as a file (as: file in the map).",
	});
}

// What is there may be right: of a new value other words are to be said.
function newText(value: string, entry: Entry, name: string): string {
	try {
		return toText(value, entry, name);
	} catch (error) {
		if (!(error instanceof DstaError)) throw error;
		const path = entry.path.text;
		throw new DstaError(error.code, `The new value of ${path} fits no run: ${error.message}`, {
			path,
			cure: "Give or make another one, or change what the map says of it; nothing was written.",
		});
	}
}

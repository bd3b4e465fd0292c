import type { DstaError } from "../../errors.ts";
import type { Delivery } from "../../map/secret-map.ts";
import { durationWords } from "../../resolve/duration-words.ts";
import type { Resolution } from "../../resolve/resolve.ts";
import type { Filling } from "../../resolve/templates.ts";
import { checkFeasibility } from "../feasibility.ts";
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";
import { concludeResolutions, listNames, renderTable } from "../report.ts";
import { openSession } from "../session.ts";

/** Resolves everything as a run would and shows what came from where; the status is that of a run before its command. */
export async function check(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const session = await openSession(commandLine, host);
	await checkFeasibility(session);
	const resolutions = await session.resolveLines(session.map);
	await session.backends.release();
	const { status, unfit } = concludeResolutions(host.log, resolutions, host.env);
	const rows = resolutions.flatMap((one) => toRows(one, unfit));
	return {
		status,
		output: commandLine.options.json
			? `${JSON.stringify({ status, entries: rows }, undefined, 2)}\n`
			: renderTable([["NAME", "PATH", "BACKEND", "STATUS", "TIME"], ...rows.map(toCells)]),
	};
}

interface Row extends Origin {
	readonly name: string;
	readonly status: string;
	/** How the command gets it, where the variable holds a path. */
	readonly as: Delivery | undefined;
}

/** Where a line of the map has its values from: an entry has one path, a template several. */
interface Origin {
	readonly path?: string;
	readonly paths?: readonly string[];
	readonly backend?: string | undefined;
	readonly backends?: readonly string[];
	readonly version?: string | undefined;
	readonly durationMs: number;
	/** Of what the snapshot has in the place of a backend. */
	readonly snapshotAgeMs?: number | undefined;
}

function toRows(resolution: Resolution | Filling, unfit: ReadonlyMap<string, DstaError>): Row[] {
	const { errors, invalid, names, values } = resolution;
	// What is wrong with a line as a whole stands beside the names that the map has for it.
	const general = errors.find((error) => ![...invalid.values()].includes(error));
	const concerned = general === undefined && values.size + invalid.size > 0 ? [] : names;
	const origin = "sources" in resolution ? originOfTemplate(resolution) : originOfEntry(resolution);
	const statusOf = (name: string) => {
		const error = invalid.get(name) ?? unfit.get(name) ?? (values.has(name) ? undefined : general);
		if (error !== undefined) return error.code;
		return values.has(name) ? (origin.backend === "default" ? "default" : "ok") : "absent";
	};
	return [...new Set([...values.keys(), ...invalid.keys(), ...concerned])].map((name) => ({
		name,
		...origin,
		status: statusOf(name),
		as: resolution.as,
	}));
}

function originOfEntry({ attempts, entry, origin }: Resolution): Origin {
	const found = attempts.find(({ outcome }) => outcome === "found");
	return {
		path: entry.path.text,
		backend: origin,
		version: found?.version,
		snapshotAgeMs: found?.snapshot?.ageMs,
		durationMs: roundMs(attempts.reduce((sum, { durationMs }) => sum + durationMs, 0)),
	};
}

function originOfTemplate({ sources }: Filling): Origin {
	const origins = sources.map(originOfEntry);
	return {
		paths: origins.map(({ path }) => path as string),
		backends: [...new Set(origins.flatMap(({ backend }) => backend ?? []))],
		snapshotAgeMs: oldest(origins),
		durationMs: Math.max(...origins.map(({ durationMs }) => durationMs)),
	};
}

function oldest(origins: readonly Origin[]): number | undefined {
	const ages = origins.flatMap(({ snapshotAgeMs }) => snapshotAgeMs ?? []);
	return ages.length === 0 ? undefined : Math.max(...ages);
}

function roundMs(durationMs: number): number {
	return Math.round(durationMs * 10) / 10;
}

function toCells({
	as,
	backend,
	backends,
	durationMs,
	name,
	path,
	paths,
	snapshotAgeMs,
	status,
}: Row): string[] {
	const who = backend ?? backends?.join(", ");
	const age = snapshotAgeMs === undefined ? undefined : `snapshot, ${durationWords(snapshotAgeMs)} old`;
	const notes = [as, age].filter((note) => note !== undefined);
	const told = notes.length === 0 ? status : `${status} (${notes.join("; ")})`;
	return [name, path ?? listNames(paths ?? []), who || "-", told, `${durationMs} ms`];
}

import type { DstaError } from "../../errors.ts";
import type { Resolution } from "../../resolve/resolve.ts";
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";
import { concludeResolutions, renderTable } from "../report.ts";
import { openSession } from "../session.ts";

/** Resolves everything as a run would and shows what came from where; the status is that of a run before its command. */
export async function check(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const session = await openSession(commandLine, host);
	const resolutions = await session.resolve(session.map.entries);
	session.backends.close();
	const { status, unfit } = concludeResolutions(host.log, resolutions, host.env);
	const rows = resolutions.flatMap((resolution) => toRows(resolution, unfit));
	return {
		status,
		output: commandLine.options.json
			? `${JSON.stringify({ status, entries: rows }, undefined, 2)}\n`
			: renderTable([["NAME", "PATH", "BACKEND", "STATUS", "TIME"], ...rows.map(toCells)]),
	};
}

interface Row {
	readonly name: string;
	readonly path: string;
	readonly backend: string | undefined;
	readonly status: string;
	readonly version: string | undefined;
	readonly durationMs: number;
}

function toRows(
	{ attempts, entry, errors, invalid, origin, values }: Resolution,
	unfit: ReadonlyMap<string, DstaError>,
): Row[] {
	const asked = attempts.find(({ outcome }) => outcome === "found");
	const durationMs = attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0);
	// What is wrong with an entry as a whole stands beside the names that the map has for it.
	const general = errors.find((error) => ![...invalid.values()].includes(error));
	const concerned = general === undefined && values.size + invalid.size > 0 ? [] : entry.names;
	const statusOf = (name: string) => {
		const error = invalid.get(name) ?? unfit.get(name) ?? (values.has(name) ? undefined : general);
		if (error !== undefined) return error.code;
		return values.has(name) ? (origin === "default" ? "default" : "ok") : "absent";
	};
	return [...new Set([...values.keys(), ...invalid.keys(), ...concerned])].map((name) => ({
		name,
		path: entry.path.text,
		backend: origin,
		status: statusOf(name),
		version: asked?.version,
		durationMs: Math.round(durationMs * 10) / 10,
	}));
}

function toCells({ backend, durationMs, name, path, status }: Row): string[] {
	return [name, path, backend ?? "-", status, `${durationMs} ms`];
}

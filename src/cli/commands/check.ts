import type { Resolution } from "../../resolve/resolve.ts";
import type { CommandResult, Host } from "../host.ts";
import type { CommandLine } from "../options.ts";
import { concludeResolutions, renderTable } from "../report.ts";
import { openSession } from "../session.ts";

/** Resolves everything as a run would and shows what came from where; the status is that of a run before its command. */
export async function check(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const session = openSession(commandLine, host);
	const resolutions = await session.resolve(session.map.entries);
	session.backends.close();
	const { status } = concludeResolutions(host.log, resolutions);
	const rows = resolutions.flatMap(toRows);
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

function toRows({ attempts, entry, errors, origin, values }: Resolution): Row[] {
	const asked = attempts.find(({ outcome }) => outcome === "found");
	const durationMs = attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0);
	const status = errors[0]?.code ?? (values.size === 0 ? "absent" : origin === "default" ? "default" : "ok");
	const names = values.size > 0 ? [...values.keys()] : entry.names;
	return names.map((name) => ({
		name,
		path: entry.path.text,
		backend: origin,
		status,
		version: asked?.version,
		durationMs: Math.round(durationMs * 10) / 10,
	}));
}

function toCells({ backend, durationMs, name, path, status }: Row): string[] {
	return [name, path, backend ?? "-", status, `${durationMs} ms`];
}

import { DstaError, exitStatusOf } from "../../errors.ts";
import type { Entry } from "../../map/secret-map.ts";
import { isWildcard } from "../../map/secret-map.ts";
import type { Resolution } from "../../resolve/resolve.ts";
import { recordsOf } from "../audited.ts";
import type { CommandResult, Host } from "../host.ts";
import { pathOperand } from "../operand.ts";
import type { CommandLine } from "../options.ts";
import { problemsOf, reportProblems, showName } from "../report.ts";
import { openSession, type Session } from "../session.ts";

/**
 * Prints the value of one path, or all fields of a secret for a path that ends in `/*`.
 * @throws {DstaError} DSTA_USAGE there is not one path, or a default for all fields
 */
export async function get(commandLine: CommandLine, host: Host): Promise<CommandResult> {
	const session = await openSession(commandLine, host, { needsMap: false });
	const { json, raw } = commandLine.options;
	const entry = entryFor(commandLine, session);
	const audit = await session.openAudit();
	const [resolution] = (await session.resolve([entry])) as [Resolution];
	await session.backends.release();
	const { attempts, errors, origin, values } = resolution;
	if (errors.length > 0) {
		reportProblems(host.log, problemsOf([resolution]));
		return { status: exitStatusOf(errors) };
	}
	audit?.write(recordsOf("get", [resolution]));
	const version = attempts.find(({ outcome }) => outcome === "found")?.version;
	const value = isWildcard(entry) ? Object.fromEntries(values) : [...values.values()][0];
	if (json)
		return {
			status: 0,
			output: `${JSON.stringify({ path: entry.path.text, backend: origin, version, value })}\n`,
		};
	if (isWildcard(entry))
		return {
			status: 0,
			output: [...values].map(([key, text]) => `${showName(key)}=${quote(text)}\n`).join(""),
		};
	return { status: 0, output: `${value}${raw ? "" : "\n"}` };
}

// The map's entry of that path knows its names, its type, its pinned version and its backend.
function entryFor({ operands, options }: CommandLine, { map }: Session): Entry {
	const [text, ...rest] = operands;
	if (text === undefined || rest.length > 0)
		throw new DstaError("DSTA_USAGE", "dsta-run get takes one path", {
			cure: "Write: dsta-run get exchange/binance/api_key",
		});
	const path = pathOperand(text);
	if (options.fallback !== undefined && isWildcard({ path }))
		throw new DstaError("DSTA_USAGE", "--default is for one value, not for all fields", {
			cure: `Leave it out, or name a field: dsta-run get --default VALUE ${path.secret}/FIELD`,
		});
	const known = map.entries.find((entry) => entry.path.text === text) ?? { path, names: [] };
	// The fields of a wildcard go by their own keys here, not by the variables that the map makes of them.
	const { optional: _, ...found } = isWildcard(known) ? { ...known, names: [] } : known;
	const { secretVersion: version } = options;
	const entry = version === undefined ? found : { ...found, version };
	return options.fallback === undefined ? entry : { ...entry, default: options.fallback };
}

function quote(text: string): string {
	return /[\n\r"\\]/.test(text) ? JSON.stringify(text) : text;
}

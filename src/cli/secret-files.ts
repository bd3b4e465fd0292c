import { DstaError } from "../errors.ts";
import { prepareInFolder } from "../launch/files/in-folder.ts";
import { prepareInMemory } from "../launch/files/in-memory.ts";
import { type CommandFiles, type FileRequest, joinFiles } from "../launch/files.ts";
import { encodeText } from "../launch/native/bytes.ts";
import { HAS_LIBC, loadLibc } from "../launch/native/libc.ts";
import type { Warn } from "../launch/own.ts";
import type { Delivery } from "../map/secret-map.ts";
import type { Outcome, Resolution } from "../resolve/resolve.ts";
import type { Host } from "./host.ts";
import type { Session } from "./session.ts";

const DEFAULT_MODE = 0o400;

/**
 * Refuses the files that a run could not give its command, or not remove again.
 * @throws {DstaError} DSTA_UNSUPPORTED files in exec mode, memory files under Node
 */
export function refuseFiles({ manner, map }: Session): void {
	const placesOf = (kind: Delivery) =>
		map.entries
			.filter((entry) => entry.as === kind)
			.map(({ path, position }) => `${map.file}:${position?.line}:${position?.column}: ${path.text}`);
	const inFolder = placesOf("file");
	const inMemory = placesOf("fd");
	if (inFolder.length > 0 && manner.mode === "exec" && map.run.keepFiles !== true)
		throw new DstaError(
			"DSTA_UNSUPPORTED",
			eachWith(inFolder, "is as: file, and in exec mode nobody is left to remove it"),
			{
				cure: "Use --spawn (run.mode: spawn), as: fd of the standalone executable, or accept it with run: { keep_files: true }; the next start removes what is left.",
			},
		);
	if (inMemory.length > 0 && !HAS_LIBC)
		throw new DstaError("DSTA_UNSUPPORTED", eachWith(inMemory, "is as: fd, which Node cannot give"), {
			cure: "Use the standalone executable, or as: file.",
		});
}

/**
 * Prepares the files of the entries that ask for one.
 * @throws {DstaError} DSTA_CONFIG there is no place for them · DSTA_UNSUPPORTED the system gives no memory files
 */
export async function prepareFiles(
	outcomes: readonly Outcome[],
	{ env, process }: Host,
	warn: Warn,
): Promise<CommandFiles> {
	const requests = fileRequests(outcomes);
	const inFolder = requests.filter(({ inMemory }) => !inMemory);
	const inMemory = requests.filter(({ inMemory }) => inMemory);
	const libc = loadLibc(process);
	return joinFiles([
		...(libc === undefined ? [] : [prepareInMemory(inMemory, libc)]),
		...(inFolder.length === 0 ? [] : [await prepareInFolder(inFolder, { process, env, warn })]),
	]);
}

function eachWith(places: readonly string[], reason: string): string {
	return places.map((place) => `${place} ${reason}`).join("\n");
}

/** The files that the outcomes of a map ask for, to be prepared for a command or rewritten while it runs. */
export function fileRequests(outcomes: readonly Outcome[]): readonly FileRequest[] {
	const resolutions = outcomes.filter((one): one is Resolution => "entry" in one && one.as !== undefined);
	return resolutions.flatMap(({ as, entry, fields, values }) =>
		sharersOf(values, fields).map((variables): FileRequest => {
			const [first] = variables as [string];
			return {
				variables,
				name: first + extensionOf(fields?.get(first) ?? entry.path.text),
				content: encodeText(values.get(first) as string),
				mode: entry.mode ?? DEFAULT_MODE,
				inMemory: as === "fd",
			};
		}),
	);
}

// All names of an entry share one file; each field of a wildcard has its own.
function sharersOf(
	values: Resolution["values"],
	fields: Resolution["fields"],
): readonly (readonly string[])[] {
	const names = [...values.keys()];
	return fields === undefined && names.length > 0 ? [names] : names.map((name) => [name]);
}

// Some programs tell by it what a file holds.
function extensionOf(path: string): string {
	return /\.[A-Za-z0-9]+$/.exec(path)?.[0] ?? "";
}

import type { DstaError } from "../errors.ts";
import type { SnapshotSettings } from "../map/secret-map.ts";
import type { Log } from "../observe/log.ts";
import { durationWords } from "../resolve/duration-words.ts";
import type { Resolution } from "../resolve/resolve.ts";
import {
	openSnapshot,
	type Snapshot,
	type SnapshotContext,
	type StandIn,
} from "../resolve/snapshot/snapshot.ts";
import type { Host } from "./host.ts";
import { fixLines, listNames, warningOf } from "./report.ts";

/**
 * Opens the snapshot that the map asks for; `strict`: it is written, and stands in for nobody.
 * @throws {DstaError} DSTA_CONFIG its key is not there, or is none
 */
export function openMapSnapshot(
	settings: SnapshotSettings,
	{ beforeEnd, killGroup, strict }: Pick<SnapshotContext, "beforeEnd" | "killGroup" | "strict">,
	{ cwd, env, log, process, terminal }: Host,
): Promise<Snapshot> {
	return openSnapshot(settings, {
		cwd,
		env,
		strict,
		beforeEnd,
		// What asks somebody for a passphrase must stay where the terminal is.
		killGroup: terminal.isTTY() ? undefined : killGroup,
		user: process.geteuid?.() ?? 0,
		warn: warningOf(log, "snapshot.warning"),
	});
}

/** Warns of each backend that the snapshot stands in for, with the age of the answers, and says why it does not where it could. */
export function reportStandIns(log: Log, resolutions: readonly Resolution[]): void {
	const parts = resolutions.flatMap(({ attempts, entry }) =>
		attempts.flatMap(({ backend, error, snapshot }): Part[] =>
			snapshot === undefined || error === undefined
				? []
				: [{ backend, error, path: entry.path.text, snapshot }],
		),
	);
	for (const group of Map.groupBy(
		parts,
		({ backend, snapshot: { reason } }) => `${backend}\n${reason}`,
	).values())
		reportGroup(log, group as [Part, ...Part[]]);
}

/** What the snapshot had for a path whose backend is unavailable. */
interface Part {
	readonly backend: string;
	readonly error: DstaError;
	readonly path: string;
	readonly snapshot: StandIn;
}

function reportGroup(log: Log, group: readonly [Part, ...Part[]]): void {
	const [{ backend, error, snapshot }] = group;
	const paths = group.map(({ path }) => path);
	if (snapshot.reason !== undefined) {
		const { cure, reason } = snapshot;
		log("warn", `${reason} (for ${listNames(paths)})`, {
			event: "snapshot.unused",
			lines: fixLines(cure),
			backend,
			paths,
			cure,
		});
		return;
	}
	const { code, cure, message } = error;
	const ageMs = Math.max(...group.map(({ snapshot }) => snapshot.ageMs ?? 0));
	const answers = group.length === 1 ? "1 answer" : `${group.length} answers`;
	log(
		"warn",
		`${message}; the snapshot stands in for it: ${answers}, read ${durationWords(ageMs)} ago [${code}]`,
		{
			event: "snapshot.used",
			lines: fixLines(cure),
			code,
			backend,
			paths,
			ageMs,
			cure,
		},
	);
}

import { checkManner } from "../launch/launch.ts";
import type { SecretMap } from "../map/secret-map.ts";
import type { Session } from "./session.ts";

/**
 * Makes sure, before anybody is asked for a secret, that this build can do what the map and the command line ask of a run.
 * @throws {DstaError} DSTA_UNSUPPORTED it cannot · DSTA_USAGE, DSTA_MAP what is asked is written wrong
 */
export async function checkFeasibility(session: Session): Promise<void> {
	await checkManner(session.manner);
	if (isTelling(session)) (await import("./telemetry-settings.ts")).checkTelemetry(session);
	if (hasFiles(session.map)) (await import("./secret-files.ts")).refuseFiles(session);
}

/** Whether others are told of the run while it goes on. */
export function isTelling({ telemetry: { metrics, textfile } }: Session): boolean {
	return metrics !== undefined || textfile !== undefined;
}

/** Whether the command gets some of the secrets as files. */
export function hasFiles({ entries }: SecretMap): boolean {
	return entries.some(({ as }) => as !== undefined);
}

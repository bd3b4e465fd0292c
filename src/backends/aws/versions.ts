import type { SecretVersionsListEntry } from "@aws-sdk/client-secrets-manager";
import type { StoredVersion } from "../backend.ts";
import type { FaultKind } from "./fault.ts";
import { attempt, locate, openPlace, type Place } from "./place.ts";
import type { Session } from "./session.ts";

/**
 * The versions of a secret that have a label, the newest first; those without one AWS may delete at any time.
 * @throws {DstaError} DSTA_DENIED, DSTA_UNAVAILABLE, DSTA_TIMEOUT or DSTA_CONFIG
 */
export async function listVersions(
	session: Session,
	path: string,
	signal: AbortSignal,
): Promise<readonly StoredVersion[]> {
	const place = await openPlace(session, path, signal);
	const { found = [] } = await locate(place, (id, absences) => askAll(place, id, [...absences, "deleted"]));
	return found
		.map(toVersion)
		.sort((one, other) => timeOf(other) - timeOf(one) || Number(other.isCurrent) - Number(one.isCurrent));
}

async function askAll(
	place: Place,
	id: string,
	absences: readonly FaultKind[],
): Promise<readonly SecretVersionsListEntry[] | undefined> {
	const versions: SecretVersionsListEntry[] = [];
	let token: string | undefined;
	do {
		const input = { SecretId: id, MaxResults: 100, ...(token ? { NextToken: token } : {}) };
		const page = await attempt(place, { action: "ListSecretVersionIds", id, absences }, () =>
			place.client.versions(input, place.signal),
		);
		if (page === undefined) return undefined;
		versions.push(...(page.Versions ?? []));
		token = page.NextToken;
	} while (token);
	return versions;
}

function toVersion({ CreatedDate, VersionId, VersionStages = [] }: SecretVersionsListEntry): StoredVersion {
	const isCurrent = VersionStages.includes("AWSCURRENT");
	return {
		version: VersionId as string,
		createdAt: CreatedDate,
		isCurrent,
		isReadable: true,
		// A version that was the current one has been pending before that.
		isPending: VersionStages.includes("AWSPENDING") && !isCurrent && !VersionStages.includes("AWSPREVIOUS"),
	};
}

function timeOf({ createdAt }: StoredVersion): number {
	return createdAt?.getTime() ?? 0;
}

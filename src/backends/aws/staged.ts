import type { PutSecretValueCommandOutput } from "@aws-sdk/client-secrets-manager";
import type { Secret } from "./ask.ts";
import { attempt, look, type Place } from "./place.ts";

/** What a staged version is to take the place of. */
export interface Basis {
	readonly id: string;
	/** `undefined`: the secret has no value yet. */
	readonly from: Pick<Secret, "VersionId"> | undefined;
}

/**
 * Makes a version that was put there as AWSPENDING the current one, unless `from` is not the current one any more: AWS moves a
 * label only from the version that the move names. Answers whether it is the current one now; either way it is not pending any
 * more. Whoever is killed before that leaves it pending, which nobody reads, and the next one takes the label over.
 * @throws {DstaError} as `read`
 */
export async function promote(
	place: Place,
	{ from, id }: Basis,
	{ VersionId: version, VersionStages = [] }: PutSecretValueCommandOutput,
): Promise<boolean> {
	const { client, signal } = place;
	const absences = ["absent", "misconfigured"] as const;
	const move = { VersionStage: "AWSCURRENT", MoveToVersionId: version, RemoveFromVersionId: from?.VersionId };
	const isCurrent =
		// The first version of a secret is the current one at once.
		VersionStages.includes("AWSCURRENT") ||
		(await attempt(place, { action: "UpdateSecretVersionStage", id, absences }, () =>
			client.label({ SecretId: id, ...move }, signal),
		)) !== undefined ||
		// A move that was made and whose answer was lost is refused when it is made again.
		(await look(place, id, "AWSCURRENT"))?.VersionId === version;
	// The label would be in the way of AWS's own rotation. Where it stays, it is taken over all the same.
	await client
		.label({ SecretId: id, VersionStage: "AWSPENDING", RemoveFromVersionId: version }, signal)
		.catch(() => undefined);
	return isCurrent;
}

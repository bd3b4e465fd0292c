import { createHash } from "node:crypto";
import type { Secret } from "./ask.ts";
import { attempt, look, type Place } from "./place.ts";
import { promote } from "./staged.ts";

/** A change of a secret that is there. */
export interface Change {
	readonly id: string;
	/** The new text. */
	readonly text: string;
	/** What the text was made from; `undefined`: the secret has no value yet. */
	readonly from: Secret | undefined;
	/** Which of the names for the new version, from 0: one is taken for good where the secret went back to `from`. */
	readonly turn: number;
	/** Whether nobody may ever see it where somebody else was first. */
	readonly isStaged: boolean;
}

/** `stale`: somebody else was first. `lost`: what was overwritten, under the version that has to be replaced now. */
export type Outcome =
	| { readonly kind: "written"; readonly version: string | undefined; readonly lost?: Secret | undefined }
	| { readonly kind: "stale" };

/**
 * Makes a text the current version of a secret unless somebody has changed what the text was made from. AWS has no such
 * action, but a version's name is ours to choose and can be taken but once: all who change one version choose the same.
 * For those who choose otherwise, what the new version took the place of is looked at afterwards; or it is staged first, which
 * is exact whoever they are, and asks for one more permission.
 * @throws {DstaError} as `read`
 */
export async function compareAndSet(place: Place, change: Change): Promise<Outcome> {
	const { client, signal } = place;
	const { from, id, isStaged, text } = change;
	const input = {
		SecretId: id,
		SecretString: text,
		ClientRequestToken: nameAfter(change),
		...(isStaged ? { VersionStages: ["AWSPENDING"] } : {}),
	};
	const answer = await attempt(place, { action: "PutSecretValue", id, absences: ["absent", "exists"] }, () =>
		client.put(input, signal),
	);
	if (answer === undefined) return { kind: "stale" };
	const version = answer.VersionId;
	if (isStaged)
		return (await promote(place, change, answer)) ? { kind: "written", version } : { kind: "stale" };
	const previous = await look(place, id, "AWSPREVIOUS");
	if (from !== undefined && previous?.VersionId === from.VersionId) return { kind: "written", version };
	const current = await look(place, id, "AWSCURRENT");
	// Such a version was there with this very text, and AWS let it be: the secret went back to `from` after it.
	if (from !== undefined && current?.VersionId === from.VersionId) return { kind: "stale" };
	// A newer version than ours was made from ours.
	if (previous === undefined || previous.VersionId === version || current?.VersionId !== version)
		return { kind: "written", version };
	place.session.log("debug", `${id} was changed by somebody else while it was being written`, {
		event: "aws.overtaken",
		path: id,
	});
	return { kind: "written", version, lost: { ...previous, VersionId: version } };
}

function nameAfter({ from, turn }: Change): string {
	const basis = JSON.stringify(["dsta-run", from?.VersionId ?? "", turn]);
	return createHash("sha256").update(basis).digest("hex").slice(0, 32);
}

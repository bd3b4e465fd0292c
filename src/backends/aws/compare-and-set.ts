import { createHash } from "node:crypto";
import type { Secret } from "./ask.ts";
import type { AwsClient } from "./client.ts";
import { AwsFault, type FaultKind } from "./fault.ts";
import type { About, Session } from "./session.ts";

/** Where a secret is written, and for whom. */
export interface Place {
	readonly session: Session;
	readonly client: AwsClient;
	/** The region of the client. */
	readonly region: string | undefined;
	readonly path: string;
	readonly signal: AbortSignal;
}

/** A change of a secret that is there. */
export interface Change {
	readonly id: string;
	/** The new text. */
	readonly text: string;
	/** What the text was made from; `undefined`: the secret has no value yet. */
	readonly from: Secret | undefined;
	/** Which of the names for the new version, from 0: one is taken for good where the secret went back to `from`. */
	readonly turn: number;
}

/** `stale`: somebody else was first. `lost`: what was overwritten, under the version that has to be replaced now. */
export type Outcome =
	| { readonly kind: "written"; readonly version: string | undefined; readonly lost?: Secret | undefined }
	| { readonly kind: "stale" };

/**
 * Makes a text the current version of a secret unless somebody has changed what the text was made from. AWS has no such
 * action, but a version's name is ours to choose and can be taken but once: all who change one version choose the same.
 * For those who choose otherwise, what the new version took the place of is looked at afterwards.
 * @throws {DstaError} as `read`
 */
export async function compareAndSet(place: Place, change: Change): Promise<Outcome> {
	const { client, signal } = place;
	const { from, id, text } = change;
	const input = { SecretId: id, SecretString: text, ClientRequestToken: nameAfter(change) };
	const answer = await attempt(place, { action: "PutSecretValue", id, absences: ["absent", "exists"] }, () =>
		client.put(input, signal),
	);
	if (answer === undefined) return { kind: "stale" };
	const version = answer.VersionId;
	const previous = await look(place, id, "AWSPREVIOUS");
	if (from !== undefined && previous?.VersionId === from.VersionId) return { kind: "written", version };
	const current = await look(place, id, "AWSCURRENT");
	// Such a version was there with this very text, and AWS let it be: the secret went back to `from` after it.
	if (from !== undefined && current?.VersionId === from.VersionId) return { kind: "stale" };
	// A newer version than ours was made from ours.
	if (previous === undefined || previous.VersionId === version || current?.VersionId !== version)
		return { kind: "written", version };
	place.session.log("debug", `${id} was changed by somebody else while it was being written`);
	return { kind: "written", version, lost: { ...previous, VersionId: version } };
}

function nameAfter({ from, turn }: Change): string {
	const basis = JSON.stringify(["dsta-run", from?.VersionId ?? "", turn]);
	return createHash("sha256").update(basis).digest("hex").slice(0, 32);
}

// What is not there or may not be read cannot be compared; the write itself is done.
function look({ client, ...place }: Place, id: string, VersionStage: string): Promise<Secret | undefined> {
	const absences = ["absent", "deleted", "forbidden", "undecryptable"] as const;
	return attempt(place, { action: "GetSecretValue", id, absences }, () =>
		client.get({ SecretId: id, VersionStage }, place.signal),
	);
}

/** The outcome of an action; `undefined` for what counts as absence. */
export async function attempt<T>(
	{ path, region, session }: Pick<Place, "path" | "region" | "session">,
	{ absences, ...about }: Omit<About, "path" | "region"> & { readonly absences: readonly FaultKind[] },
	action: () => Promise<T>,
): Promise<T | undefined> {
	try {
		return await action();
	} catch (error) {
		if (error instanceof AwsFault && absences.includes(error.kind)) return undefined;
		throw await session.failure(error, { ...about, path, region });
	}
}

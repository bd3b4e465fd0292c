import { isArn, regionOfArn } from "../../secret-path.ts";
import type { Secret } from "./ask.ts";
import type { AwsClient } from "./client.ts";
import { AwsFault, type FaultKind } from "./fault.ts";
import type { About, Session } from "./session.ts";

/** Where a secret is changed, and for whom. */
export interface Place {
	readonly session: Session;
	readonly client: AwsClient;
	/** The region of the client. */
	readonly region: string | undefined;
	readonly path: string;
	readonly signal: AbortSignal;
}

/**
 * The place of a secret: the region of its ARN, or else the first of the settings, which replicas are made from.
 * @throws {DstaError} DSTA_CONFIG the settings are wrong
 */
export async function openPlace(session: Session, path: string, signal: AbortSignal): Promise<Place> {
	const region = regionOfArn(path) ?? session.settings.primary;
	return { session, client: await session.client(region), region, path, signal };
}

/** The name that a secret has at AWS if it is made by us: that with the prefix. */
export function nameOf({ path, session }: Pick<Place, "path" | "session">): string {
	return isArn(path) ? path : `${session.settings.prefix}${path}`;
}

/** A secret under the name that it has, or would have. */
export interface Located<T> {
	readonly id: string;
	readonly found: T | undefined;
}

/** What is found of a secret under its name with the prefix, else under the one without. */
export async function locate<T>(
	place: Place,
	find: (id: string, absences: readonly FaultKind[]) => Promise<T | undefined>,
): Promise<Located<T>> {
	const id = nameOf(place);
	const found = await find(id, ["absent"]);
	if (found !== undefined || id === place.path) return { id, found };
	// The recommended policy grants the names with the prefix alone.
	const bare = await find(place.path, ["absent", "deleted", "forbidden"]);
	return bare === undefined ? { id, found } : { id: place.path, found: bare };
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

/** A version by its label; `undefined` also where it may not be read. */
export function look(
	{ client, ...place }: Place,
	id: string,
	VersionStage: string,
): Promise<Secret | undefined> {
	const absences = ["absent", "deleted", "forbidden", "undecryptable"] as const;
	return attempt(place, { action: "GetSecretValue", id, absences }, () =>
		client.get({ SecretId: id, VersionStage }, place.signal),
	);
}

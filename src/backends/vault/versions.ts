import type { SecretValue, StoredVersion } from "../backend.ts";
import { isObject } from "../select.ts";
import { versionText } from "./kv.ts";
import { findMetadata, readMetadata } from "./metadata.ts";
import type { Session } from "./session.ts";

/**
 * The versions of a secret, the newest first; none where there is no such secret, or in version 1 of the engine.
 * @throws {DstaError} DSTA_DENIED, DSTA_UNAVAILABLE, DSTA_TIMEOUT or DSTA_CONFIG
 */
export async function listVersions(
	session: Session,
	secret: string,
	signal: AbortSignal,
): Promise<readonly StoredVersion[]> {
	const target = await findMetadata(session, secret, signal);
	const metadata = target === undefined ? undefined : await readMetadata(session, target, signal);
	const versions = isObject(metadata?.versions) ? Object.entries(metadata.versions) : [];
	const current = versionText(metadata?.current_version);
	return versions
		.filter(([version]) => versionText(version) !== undefined)
		.sort(([one], [other]) => Number(other) - Number(one))
		.map(([version, about]) => toVersion(version, isObject(about) ? about : {}, version === current));
}

function toVersion(
	version: string,
	{ created_time: created, deletion_time: deletion, destroyed }: { readonly [key: string]: SecretValue },
	isCurrent: boolean,
): StoredVersion {
	// What delete_version_after says is a time to come.
	const deletedAt = toDate(deletion);
	const isReadable = destroyed !== true && (deletedAt === undefined || deletedAt.getTime() > Date.now());
	return { version, createdAt: toDate(created), isCurrent, isReadable, isPending: false };
}

function toDate(text: SecretValue | undefined): Date | undefined {
	const ms = typeof text === "string" ? Date.parse(text) : Number.NaN;
	return Number.isNaN(ms) ? undefined : new Date(ms);
}

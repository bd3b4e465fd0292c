import { DstaError } from "../../errors.ts";
import { type Annotating, checkAnnotations } from "../annotation.ts";
import type { Annotations } from "../backend.ts";
import { shellWord } from "../shell.ts";
import type { FaultKind } from "./fault.ts";
import { attempt, type Located, locate, openPlace, type Place } from "./place.ts";
import type { Session } from "./session.ts";

type Texts = ReadonlyMap<string, string>;

/** What AWS keeps at most. */
const MAX_TAGS = 50;

/** The tags of a secret. */
export async function readAnnotations(
	session: Session,
	secret: string,
	signal: AbortSignal,
): ReturnType<Annotations["read"]> {
	return (await findTags(await openPlace(session, secret, signal))).found;
}

/** Changes the tags of a secret. */
export async function writeAnnotations(
	session: Session,
	{ changes, secret, signal }: Annotating,
): ReturnType<Annotations["write"]> {
	checkAnnotations(changes, { backend: "aws", secret });
	const place = await openPlace(session, secret, signal);
	const { found, id } = await findTags(place);
	if (found === undefined) throw notFound(place, id);
	const Tags = [...changes].flatMap(([Key, Value]) => (Value === undefined ? [] : [{ Key, Value }]));
	const TagKeys = [...changes].flatMap(([key, text]) => (text === undefined && found.has(key) ? [key] : []));
	const count = new Set([...found.keys(), ...Tags.map(({ Key }) => Key)]).size - TagKeys.length;
	if (count > MAX_TAGS) throw tooMany(place, id, count);
	// The limit counts, so that those which go make room.
	const { client } = place;
	if (TagKeys.length > 0)
		await attempt(place, { action: "UntagResource", id, absences: [] }, () =>
			client.untag({ SecretId: id, TagKeys }, signal),
		);
	if (Tags.length > 0)
		await attempt(place, { action: "TagResource", id, absences: [] }, () =>
			client.tag({ SecretId: id, Tags }, signal),
		);
}

function findTags(place: Place): Promise<Located<Texts>> {
	return locate(place, (id, absences) => describe(place, id, absences));
}

async function describe(
	place: Place,
	id: string,
	absences: readonly FaultKind[],
): Promise<Texts | undefined> {
	const about = await attempt(place, { action: "DescribeSecret", id, absences }, () =>
		place.client.describe({ SecretId: id }, place.signal),
	);
	// One that is scheduled for deletion can be described still.
	if (about === undefined || about.DeletedDate != null) return undefined;
	return new Map((about.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

function notFound({ path }: Place, id: string): DstaError {
	return new DstaError("DSTA_NOT_FOUND", `Secret not found: ${path} (AWS has no ${id})`, {
		backend: "aws",
		path,
		cure: `Write it first: dsta-run put --backend aws ${shellWord(path)} KEY=-`,
	});
}

function tooMany({ path }: Place, id: string, count: number): DstaError {
	return new DstaError("DSTA_CONFIG", `${id} would have ${count} tags, and AWS keeps ${MAX_TAGS}`, {
		backend: "aws",
		path,
		cure: `Take off what nobody needs: aws secretsmanager untag-resource --secret-id ${shellWord(id)} --tag-keys KEY`,
	});
}

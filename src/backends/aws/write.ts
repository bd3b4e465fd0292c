import { randomUUID } from "node:crypto";
import { DstaError } from "../../errors.ts";
import type { SecretValue, WriteOptions, Written } from "../backend.ts";
import { parseJson } from "../json.ts";
import { isObject } from "../select.ts";
import type { Secret } from "./ask.ts";
import type { AwsClient } from "./client.ts";
import { AwsFault, type FaultKind } from "./fault.ts";
import type { About, Session } from "./session.ts";

export interface WriteRequest extends WriteOptions {
	readonly secret: string;
	readonly fields: ReadonlyMap<string, string>;
}

const ATTEMPTS = 4;

/**
 * Writes fields of a secret: of the one with the prefix where it exists, else of the one without, else of a new one with it.
 * @throws {DstaError} DSTA_CONFIG it has no fields to merge into, or is scheduled for deletion · DSTA_CONFLICT it comes and goes · as `read`
 */
export async function writeSecret(session: Session, request: WriteRequest): Promise<Written> {
	const place: Place = { session, client: await session.client(), request };
	let isWithoutValue = false;
	for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
		const current = await findCurrent(place);
		const content = merge(current, request);
		const exists: boolean = current.secret !== undefined || isWithoutValue;
		const written = await store(place, { id: current.id, content, exists });
		// Gone since it was read, or there after all: made by somebody else just now, or never given a value.
		isWithoutValue = written === undefined && !exists;
		if (written === undefined) continue;
		const fields = Object.keys(content).sort();
		return { location: current.id, version: written.VersionId, created: !exists, fields };
	}
	throw new DstaError("DSTA_CONFLICT", `${request.secret} came and went while it was being written`, {
		backend: "aws",
		path: request.secret,
		cure: "Nothing was written. Find out who else creates or deletes this secret, then try again.",
	});
}

interface Place {
	readonly session: Session;
	readonly client: AwsClient;
	readonly request: WriteRequest;
}

interface Current {
	readonly id: string;
	readonly secret: Secret | undefined;
}

async function findCurrent(place: Place): Promise<Current> {
	const { request, session } = place;
	const prefixed = `${session.settings.prefix}${request.secret}`;
	const secret = await readCurrent(place, prefixed, ["absent"]);
	if (secret !== undefined || prefixed === request.secret) return { id: prefixed, secret };
	// The recommended policy grants the names with the prefix alone.
	const bare = await readCurrent(place, request.secret, ["absent", "deleted", "forbidden"]);
	return bare === undefined ? { id: prefixed, secret } : { id: request.secret, secret: bare };
}

function readCurrent(place: Place, id: string, absences: readonly FaultKind[]): Promise<Secret | undefined> {
	const { client, request } = place;
	return attempt(place, { action: "GetSecretValue", id, absences }, () =>
		client.get({ SecretId: id }, request.signal),
	);
}

type Content = Readonly<Record<string, SecretValue>>;

function merge({ id, secret }: Current, { fields, replace, secret: path }: WriteRequest): Content {
	const kept = secret === undefined || replace ? {} : fieldsOf(secret);
	if (kept !== undefined) return Object.fromEntries([...Object.entries(kept), ...fields]);
	throw new DstaError("DSTA_CONFIG", `${id} is no JSON object: it has no fields to merge into`, {
		backend: "aws",
		path,
		cure: `Add --replace to put these fields in place of what is there, or choose another path.`,
	});
}

function fieldsOf({ SecretString }: Secret): Content | undefined {
	try {
		const content = SecretString === undefined ? undefined : parseJson(SecretString);
		return isObject(content) ? content : undefined;
	} catch {
		return undefined;
	}
}

interface Write {
	readonly id: string;
	readonly content: Content;
	readonly exists: boolean;
}

function store(
	place: Place,
	{ content, exists, id }: Write,
): Promise<{ VersionId?: string | undefined } | undefined> {
	const { client, request } = place;
	const write = { SecretString: JSON.stringify(content), ClientRequestToken: randomUUID() };
	return exists
		? attempt(place, { action: "PutSecretValue", id, absences: ["absent"] }, () =>
				client.put({ SecretId: id, ...write }, request.signal),
			)
		: attempt(place, { action: "CreateSecret", id, absences: ["exists"] }, () =>
				client.create({ Name: id, ...write }, request.signal),
			);
}

async function attempt<T>(
	{ request, session }: Place,
	{ absences, ...about }: About & { readonly absences: readonly FaultKind[] },
	action: () => Promise<T>,
): Promise<T | undefined> {
	try {
		return await action();
	} catch (error) {
		if (error instanceof AwsFault && absences.includes(error.kind)) return undefined;
		throw await session.failure(error, { ...about, path: request.secret });
	}
}

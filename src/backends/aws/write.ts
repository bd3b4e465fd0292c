import { randomUUID } from "node:crypto";
import { DstaError } from "../../errors.ts";
import { isArn } from "../../secret-path.ts";
import type { SecretValue, Written } from "../backend.ts";
import { parseJson } from "../json.ts";
import { checkOverwrite } from "../overwrite.ts";
import { isObject } from "../select.ts";
import { checkUnchanged } from "../unchanged.ts";
import { pauseAfter, WRITE_ATTEMPTS } from "../write-attempts.ts";
import type { WriteRequest } from "../writing.ts";
import type { Secret } from "./ask.ts";
import { type Change, compareAndSet, type Outcome } from "./compare-and-set.ts";
import { AwsFault } from "./fault.ts";
import { isPossibleName } from "./names.ts";
import { attempt, locate, nameOf, openPlace, type Place } from "./place.ts";
import type { Session } from "./session.ts";

/**
 * Writes fields of a secret: of the one with the prefix where it exists, else of the one without, else of a new one with it.
 * A change made by somebody else in between is merged into and not lost.
 * @throws {DstaError} DSTA_CONFIG it has no fields to merge into, or is scheduled for deletion · DSTA_CONFLICT it changes, or
 * comes and goes, all the time, or may not be overwritten · as `read`
 */
export async function writeSecret(session: Session, request: WriteRequest): Promise<Written> {
	const { secret: path, signal } = request;
	const name = nameOf({ path, session });
	if (!isArn(name)) checkName(name, path);
	const place = await openPlace(session, path, signal);
	let current: Current | undefined;
	let isWithoutValue = false;
	let unchanged = 0;
	for (let count = 1; count <= WRITE_ATTEMPTS; count++) {
		const before: Current | undefined = current;
		current = before?.isLost ? before : await findCurrent(place);
		unchanged = before?.secret?.VersionId === current.secret?.VersionId ? unchanged + 1 : 0;
		const { id, secret } = current;
		const content = merge(current, request);
		const exists: boolean = secret !== undefined || isWithoutValue;
		const change: Change = {
			id,
			text: JSON.stringify(content),
			from: secret,
			turn: Math.floor(unchanged / 4),
			// Who says what a field must still have cannot wait until what was overwritten is put right.
			isStaged: request.from !== undefined,
		};
		const outcome = await (exists ? compareAndSet : create)(place, change);
		if (outcome.kind === "written" && (outcome.lost === undefined || request.replace)) {
			const fields = Object.keys(content).sort();
			return { location: id, version: outcome.version, created: !exists, fields };
		}
		if (outcome.kind === "written") current = { id, secret: outcome.lost, isLost: true };
		// Gone since it was read, or there after all: made by somebody else just now, or never given a value.
		isWithoutValue = !exists;
		await pauseAfter(count, signal).catch(async () => {
			const fault = new AwsFault("timeout", "no answer in time");
			throw await session.failure(fault, { action: "PutSecretValue", path, region: place.region });
		});
	}
	throw new DstaError("DSTA_CONFLICT", `${path} changed ${WRITE_ATTEMPTS} times while it was being written`, {
		backend: "aws",
		path,
		cure: "Find out who else writes, creates or deletes this secret, look at what it holds now, then try again.",
	});
}

// Looked at here since not every server does, and what it took could not be read.
function checkName(name: string, path: string): void {
	if (isPossibleName(name)) return;
	throw new DstaError("DSTA_CONFIG", `AWS allows no secret of the name ${name}`, {
		backend: "aws",
		path,
		cure: isArn(name)
			? "No secret has this ARN: create it by its name."
			: "Choose a path of ASCII letters, digits and the characters / _ + = . @ -, with the prefix at most 512 of them.",
	});
}

interface Current {
	readonly id: string;
	readonly secret: Secret | undefined;
	/** Whether our own version stands in its place now. */
	readonly isLost?: boolean;
}

async function findCurrent(place: Place): Promise<Current> {
	const { client, signal } = place;
	const { found, id } = await locate(place, (SecretId, absences) =>
		attempt(place, { action: "GetSecretValue", id: SecretId, absences }, () =>
			client.get({ SecretId }, signal),
		),
	);
	return { id, secret: found };
}

type Content = Readonly<Record<string, SecretValue>>;

function merge({ id, secret }: Current, request: WriteRequest): Content {
	const { fields, replace, secret: path } = request;
	const stored = secret === undefined ? {} : fieldsOf(secret);
	const kept = replace ? {} : stored;
	if (kept !== undefined) {
		checkUnchanged(stored ?? {}, { backend: "aws", ...request });
		checkOverwrite(kept, { backend: "aws", ...request });
		return Object.fromEntries([...Object.entries(kept), ...fields]);
	}
	throw new DstaError("DSTA_CONFIG", `${id} is no JSON object: it has no fields to merge into`, {
		backend: "aws",
		path,
		cure: "Put these fields in place of what is there with dsta-run put --replace, or choose another path.",
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

async function create(place: Place, { id, text }: Change): Promise<Outcome> {
	checkName(id, place.path);
	const input = { Name: id, SecretString: text, ClientRequestToken: randomUUID() };
	const answer = await attempt(place, { action: "CreateSecret", id, absences: ["exists"] }, () =>
		place.client.create(input, place.signal),
	);
	return answer === undefined ? { kind: "stale" } : { kind: "written", version: answer.VersionId };
}

import { regionOfArn } from "../../secret-path.ts";
import { hasValue } from "./answer.ts";
import type { AwsClient } from "./client.ts";
import type { Stored } from "./content.ts";
import { AwsFault, faultOfEntry } from "./fault.ts";
import type { Version } from "./names.ts";
import type { Session } from "./session.ts";

/** One secret in one version, in one region: a question to AWS. */
export interface Question {
	/** A name, or an ARN. */
	readonly id: string;
	/** `undefined`: that of the session. */
	readonly region?: string | undefined;
	/** Empty: the current one. */
	readonly version: Version;
}

/** A secret as AWS gives it. */
export interface Secret extends Stored {
	readonly VersionId?: string | undefined;
	/** When this version came into being. */
	readonly CreatedDate?: Date | undefined;
	/** Where it was read, if not in the region of the settings. */
	readonly region?: string;
}

/** The limit of BatchGetSecretValue. */
const BATCH_SIZE = 20;

export function keyOf({ id, region, version }: Question): string {
	return JSON.stringify([id, region, version]);
}

/**
 * Asks questions, twenty in one request where they are for current versions of names in one region. The connections of the
 * client are the limit of what is under way at once.
 * The answer to each is the secret, or a rejection by an AwsFault or a DstaError.
 */
export function askAll(
	session: Session,
	questions: readonly Question[],
	signal: AbortSignal,
): ReadonlyMap<string, Promise<Secret>> {
	const distinct = new Map(questions.map((question) => [keyOf(question), question]));
	const answers = new Map([...distinct.keys()].map((key) => [key, Promise.withResolvers<Secret>()]));
	const settle: Settle = (question, outcome) => {
		const answer = answers.get(keyOf(question));
		if (outcome instanceof Error) answer?.reject(outcome);
		else answer?.resolve(outcome);
	};
	const askOne = (question: Question) =>
		read(session, question, signal).then(
			(secret) => settle(question, secret),
			(error) => settle(question, error),
		);

	const [single, plain] = partition([...distinct.values()], isSingle);
	single.forEach(askOne);
	for (const [region, group] of Map.groupBy(plain, ({ region }) => region))
		for (const batch of chunk(group, BATCH_SIZE))
			readBatch({ session, region, batch, settle }, signal).then((left) => left.forEach(askOne));

	for (const { promise } of answers.values()) promise.catch(() => undefined);
	return new Map([...answers].map(([key, { promise }]) => [key, promise]));
}

type Settle = (question: Question, outcome: Secret | Error) => void;

function isSingle({ id, version }: Question): boolean {
	return Object.keys(version).length > 0 || regionOfArn(id) !== undefined;
}

async function read(
	session: Session,
	{ id, region, version }: Question,
	signal: AbortSignal,
): Promise<Secret> {
	const client = await session.client(regionOfArn(id) ?? region);
	return client.get({ SecretId: id, ...version }, signal);
}

interface Batch {
	readonly session: Session;
	readonly region: string | undefined;
	readonly batch: readonly Question[];
	readonly settle: Settle;
}

/** Settles what a batch can settle; answers the questions that have to be asked one by one. */
async function readBatch(
	{ batch, region, session, settle }: Batch,
	signal: AbortSignal,
): Promise<readonly Question[]> {
	// A batch of one saves nothing and needs one more permission.
	if (batch.length === 1 || session.unbatched.has(region ?? "")) return batch;
	const left = new Map(batch.map((question) => [question.id, question]));
	const settleId = (id: string | undefined, outcome: Secret | Error) => {
		const question = left.get(id ?? "");
		if (question === undefined) return;
		left.delete(question.id);
		settle(question, outcome);
	};
	try {
		const client = await session.client(region);
		for await (const { Errors = [], SecretValues = [] } of pages(client, [...left.keys()], signal)) {
			for (const secret of SecretValues) if (hasValue(secret)) settleId(secret.Name, secret);
			for (const error of Errors) {
				const fault = faultOfEntry(error);
				if (fault.kind !== "unavailable") settleId(error.SecretId, fault);
			}
		}
	} catch (error) {
		if (!(error instanceof AwsFault) || !isAboutBatches(error)) {
			for (const id of [...left.keys()]) settleId(id, error as Error);
			return [];
		}
		if (error.kind === "forbidden" && !session.unbatched.has(region ?? "")) {
			session.unbatched.add(region ?? "");
			session.log("debug", "AWS refuses BatchGetSecretValue; the secrets are read one by one", {
				event: "aws.unbatched",
			});
		}
	}
	return [...left.values()];
}

async function* pages(
	client: AwsClient,
	ids: readonly string[],
	signal: AbortSignal,
): AsyncGenerator<Awaited<ReturnType<AwsClient["batchGet"]>>> {
	let token: string | undefined;
	// No answer has more pages than secrets; what is missing then is asked one by one.
	for (let page = 0; page <= ids.length; page++) {
		const input = { SecretIdList: [...ids], ...(token === undefined ? {} : { NextToken: token }) };
		const answer = await client.batchGet(input, signal);
		yield answer;
		token = answer.NextToken;
		if (!token) return;
	}
}

// The action is denied or unknown to the server, or one of twenty spoils the others.
function isAboutBatches({ kind }: AwsFault): boolean {
	return ["forbidden", "undecryptable", "misconfigured", "absent", "deleted"].includes(kind);
}

function chunk<T>(items: readonly T[], size: number): readonly T[][] {
	return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
		items.slice(index * size, (index + 1) * size),
	);
}

export function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
	return [items.filter(test), items.filter((item) => !test(item))];
}

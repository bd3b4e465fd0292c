import { DstaError } from "../../errors.ts";
import { isArn, regionOfArn } from "../../secret-path.ts";
import type { Backend, Found, ReadRequest, SecretValue } from "../backend.ts";
import { shellWord } from "../shell.ts";
import { keyOf, type Question, type Secret } from "./ask.ts";
import { contentOf } from "./content.ts";
import { AwsFault } from "./fault.ts";
import { type Form, formsOf, type Version, versionOf } from "./names.ts";
import { type Ask, createAsk } from "./regions.ts";
import type { Session } from "./session.ts";
import { overrideSettings } from "./settings.ts";
import { atMost, whenAllAborted } from "./time-limit.ts";

/** Reads one path, together with all others that are read in the same turn. */
export type Read = Backend["read"];

/**
 * Makes the reader of paths. The reads of one turn of the event loop travel together: the first form of all their names in one
 * wave, the other forms of what is left in a second.
 */
export function createReader(session: Session): Read {
	const ask = createAsk(session);
	let waiting: Job[] = [];
	function depart(): void {
		const jobs = waiting;
		waiting = [];
		travel({ session, ask, answers: new Map() }, jobs).catch((error) => {
			for (const { outcome } of jobs) outcome.reject(error);
		});
	}
	return async (request, signal) => {
		const job = createJob(session, request, signal);
		if (job.forms.length === 0) return undefined;
		if (waiting.length === 0) setImmediate(depart);
		waiting.push(job);
		try {
			return await atMost(signal, () => job.outcome.promise);
		} catch (error) {
			const about = { action: "GetSecretValue", path: request.path.text, region: job.region } as const;
			throw await session.failure(error, about);
		}
	};
}

interface Job {
	readonly request: ReadRequest;
	readonly forms: readonly Form[];
	readonly version: Version;
	readonly region: string | undefined;
	readonly signal: AbortSignal;
	readonly outcome: PromiseWithResolvers<Found | undefined>;
}

function createJob(session: Session, request: ReadRequest, signal: AbortSignal): Job {
	const { prefix, region } = overrideSettings(session.settings, request.overrides);
	// An entry that names a region means it and none of the replicas.
	const isOwn =
		session.settings.replicas.length === 0 ? region === session.settings.region : !request.overrides?.region;
	const version = versionOf(request);
	const outcome = Promise.withResolvers<Found | undefined>();
	// Who was at its signal does not hear of it any more.
	outcome.promise.catch(() => undefined);
	return {
		request,
		forms: version === undefined ? [] : formsOf(request, prefix),
		version: version ?? {},
		region: isOwn ? undefined : region,
		signal,
		outcome,
	};
}

async function travel(wave: Wave, jobs: readonly Job[]): Promise<void> {
	const { signal, end } = whenAllAborted(new Set(jobs.map(({ signal }) => signal)));
	try {
		ask(
			wave,
			jobs.map((job) => questionOf(job, job.forms[0] as Form)),
			signal,
		);
		const isLeft = await Promise.all(jobs.map(async (job) => !(await conclude(wave, job, 1))));
		const left = jobs.filter((_, index) => isLeft[index]);
		ask(
			wave,
			left.flatMap((job) => job.forms.slice(1).map((form) => questionOf(job, form))),
			signal,
		);
		await Promise.all(left.map((job) => conclude(wave, job, job.forms.length)));
	} finally {
		end();
	}
}

interface Wave {
	readonly session: Session;
	readonly ask: Ask;
	readonly answers: Map<string, Promise<Secret>>;
}

function ask(wave: Wave, questions: readonly Question[], signal: AbortSignal): void {
	const fresh = questions.filter((question) => !wave.answers.has(keyOf(question)));
	for (const [key, answer] of wave.ask(fresh, signal)) wave.answers.set(key, answer);
}

function questionOf({ region, version }: Job, { id }: Form): Question {
	return { id, region, version };
}

/** Settles a job by the first so many of its forms, all of which have been asked; false where that leaves it open. */
async function conclude(wave: Wave, job: Job, count: number): Promise<boolean> {
	try {
		for (const form of job.forms.slice(0, count)) {
			const found = await find(wave, job, form);
			if (found === undefined) continue;
			job.outcome.resolve(found);
			return true;
		}
	} catch (error) {
		job.outcome.reject(error);
		return true;
	}
	if (count < job.forms.length) return false;
	job.outcome.resolve(undefined);
	return true;
}

async function find(wave: Wave, job: Job, form: Form): Promise<Found | undefined> {
	try {
		const secret = await wave.answers.get(keyOf(questionOf(job, form)));
		const value = secret === undefined ? undefined : form.select(read(secret, form, job));
		if (value === undefined) return undefined;
		const where = secret?.region === undefined ? "" : ` in ${secret.region}`;
		const { CreatedDate, VersionId: version } = secret as Secret;
		const createdAt = CreatedDate instanceof Date ? CreatedDate : undefined;
		return { value, location: `${form.location}${where}`, version, createdAt };
	} catch (error) {
		if (error instanceof AwsFault && isAbsence(error, form)) return undefined;
		const { region } = job;
		throw await wave.session.failure(error, {
			action: "GetSecretValue",
			id: form.id,
			path: job.request.path.text,
			region: regionOfArn(form.id) ?? region,
		});
	}
}

function isAbsence({ kind }: AwsFault, { id, isPrefixed }: Form): boolean {
	if (kind === "absent" || kind === "deleted") return true;
	return kind === "forbidden" && !isPrefixed && !isArn(id);
}

function read(secret: Secret, { id }: Form, { request }: Job): SecretValue {
	try {
		return contentOf(secret);
	} catch {
		throw new DstaError("DSTA_INVALID_VALUE", `The JSON of ${id} nests too deep`, {
			backend: "aws",
			path: request.path.text,
			cure: `Look at it (aws secretsmanager get-secret-value --secret-id ${shellWord(id)}): no secret needs 500 levels.`,
		});
	}
}

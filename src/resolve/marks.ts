import type { Backend, ReadRequest } from "../backends/backend.ts";
import type { BackendName } from "../backends/registry.ts";
import { now } from "../clock.ts";
import { DstaError } from "../errors.ts";
import { type ChainOptions, requestOf } from "./chain.ts";
import type { Resolution } from "./resolve.ts";
import { startTimeLimit } from "./time-limit.ts";

/** What can be asked again to see whether the answer is still the same. */
export interface Question {
	readonly name: BackendName;
	readonly request: ReadRequest;
	/** The same for the same question. */
	readonly key: string;
}

/** What backends said to questions. */
export interface Marks {
	/** By question: a text that is another one whenever the answer may be. None where there was no answer. */
	readonly texts: ReadonlyMap<string, string>;
	/** Why there was none, once for each backend and class of failure. */
	readonly failures: readonly DstaError[];
}

export interface MarkOptions extends Pick<ChainOptions, "backends" | "backendTimeoutMs" | "timeoutMs"> {
	/** Hashes what would show a value. */
	readonly print: (text: string) => string;
}

/** The questions behind what became of entries: one to each backend that was asked for it, those that failed included. */
export function questionsOf(
	resolutions: readonly Pick<Resolution, "entry" | "attempts">[],
): readonly Question[] {
	const questions = resolutions.flatMap(({ attempts, entry }) =>
		attempts.flatMap((attempt): Question[] => {
			if (attempt.outcome === "not configured" || attempt.outcome === "not asked") return [];
			const request = requestOf(entry, attempt.backend);
			const { names, overrides, path, version } = request;
			const key = JSON.stringify([attempt.backend, path.text, names, version, overrides]);
			return [{ name: attempt.backend, request, key }];
		}),
	);
	return [...new Map(questions.map((question) => [question.key, question])).values()];
}

/** Takes the marks of all questions in one turn, so that each backend can share requests. What fails has none. */
export async function takeMarks(questions: readonly Question[], options: MarkOptions): Promise<Marks> {
	const groups = Map.groupBy(questions, ({ name }) => name);
	const taken = await Promise.all([...groups].map(([name, group]) => takeFrom(name, group, options)));
	return {
		texts: new Map(taken.flatMap(({ texts }) => texts)),
		failures: taken.flatMap(({ failures }) => failures),
	};
}

interface Taken {
	readonly texts: readonly (readonly [key: string, text: string])[];
	readonly failures: readonly DstaError[];
}

async function takeFrom(
	name: BackendName,
	questions: readonly Question[],
	options: MarkOptions,
): Promise<Taken> {
	const backend = await unlessFailed(options.backends.get(name));
	if (backend === undefined) return { texts: [], failures: [] };
	if (backend instanceof DstaError) return { texts: [], failures: [backend] };
	const timeLimit = startTimeLimit(backend, {
		ownMs: options.backendTimeoutMs(name),
		deadline: now() + options.timeoutMs,
		isFollowed: false,
		outer: undefined,
	});
	const marks = await Promise.all(
		questions.map(({ request }) =>
			unlessFailed(timeLimit.bound(markOf(backend, request, { ...options, signal: timeLimit.signal }))),
		),
	);
	timeLimit.clear();
	const errors = marks.filter((mark) => mark instanceof DstaError);
	const reasons = new Map(errors.map((error) => [error.failureClass, error]));
	return {
		texts: questions.flatMap(({ key }, index) => {
			const mark = marks[index];
			return typeof mark === "string" ? [[key, mark] as const] : [];
		}),
		failures: [...reasons.values()],
	};
}

async function markOf(
	backend: Backend,
	request: ReadRequest,
	{ print, signal }: Pick<MarkOptions, "print"> & { readonly signal: AbortSignal },
): Promise<string> {
	const revision = await backend.revision?.(request, signal);
	if (revision?.kind === "known") return `revision ${revision.text}`;
	if (revision?.kind === "absent") return "absent";
	const found = await backend.read(request, signal);
	return found === undefined ? "absent" : `value ${print(JSON.stringify(found.value))}`;
}

async function unlessFailed<T>(answer: Promise<T>): Promise<T | DstaError> {
	try {
		return await answer;
	} catch (error) {
		if (error instanceof DstaError) return error;
		throw error;
	}
}

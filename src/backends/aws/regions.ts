import { now } from "../../clock.ts";
import { regionOfArn } from "../../secret-path.ts";
import { timeLeftMs } from "../deadline.ts";
import { askAll, keyOf, partition, type Question, type Secret } from "./ask.ts";
import { AwsFault, isOutOfReach } from "./fault.ts";
import type { Session } from "./session.ts";
import { atMostMs } from "./time-limit.ts";

/** Asks questions, and answers as `askAll` does. */
export type Ask = (
	questions: readonly Question[],
	signal: AbortSignal,
) => ReadonlyMap<string, Promise<Secret>>;

/** So long a region that was not available is left alone. */
const PAUSE_MS = 60_000;

/**
 * Asks in the region of the settings, and in its replicas, one after the other, for what is not available before.
 * What is denied or absent in one region is not looked for in another; what names its region is asked for there alone.
 */
export function createAsk(session: Session): Ask {
	const { region, replicas, timeoutMs } = session.settings;
	if (replicas.length === 0) return (questions, signal) => askAll(session, questions, signal);
	const regions = [region as string, ...replicas];
	/** When a region may be asked again, on the clock of `now`. */
	const pauses = new Map<string, number>();
	const isPaused = (name: string) => (pauses.get(name) ?? 0) > now();

	function askIn(
		[here, ...others]: readonly string[],
		questions: readonly Question[],
		signal: AbortSignal,
	): readonly Promise<Secret>[] {
		const [next] = others;
		if (next === undefined) return askHere(here as string, questions, signal);
		const limit = atMostMs(Math.min(timeLeftMs(signal), timeoutMs) / 2, signal);
		const answers = askHere(here as string, questions, limit.signal);
		const elsewhere = Promise.allSettled(answers).then((outcomes) => {
			limit.end();
			const faults = outcomes.map((outcome) => ("reason" in outcome ? outcome.reason : undefined));
			const left = questions.filter((_, index) => isOutOfReach(faults[index]));
			const fault = faults.find(isOutOfReach);
			if (fault === undefined || signal.aborted) return new Map<Question, Promise<Secret>>();
			passOver(here as string, next, fault);
			const there = askIn(others, left, signal);
			return new Map(left.map((question, index) => [question, there[index]]));
		});
		return answers.map(async (answer, index) => {
			try {
				return await answer;
			} catch (error) {
				if (!isOutOfReach(error)) throw error;
				// Together with the others, once it is known which of them are left.
				return (await elsewhere).get(questions[index] as Question) ?? Promise.reject(error);
			}
		});
	}

	function askHere(
		here: string,
		questions: readonly Question[],
		signal: AbortSignal,
	): readonly Promise<Secret>[] {
		const placed = questions.map((question) => ({ ...question, region: here }));
		const answers = askAll(session, placed, signal);
		return placed.map(async (question) => {
			try {
				const secret = (await answers.get(keyOf(question))) as Secret;
				return here === region ? secret : { ...secret, region: here };
			} catch (error) {
				if (!(error instanceof AwsFault)) throw error;
				throw new AwsFault(error.kind, error.reason, { ...error.details, region: here });
			}
		});
	}

	function passOver(here: string, next: string, { reason }: AwsFault): void {
		if (!isPaused(here))
			session.log(
				"warn",
				`AWS Secrets Manager in ${here} is not available (${reason}): ${next} is asked instead`,
				{ event: "aws.region-passed-over" },
			);
		pauses.set(here, now() + PAUSE_MS);
	}

	return (questions, signal) => {
		const [movable, fixed] = partition(questions, isMovable);
		const awake = regions.filter((name) => !isPaused(name));
		const answers = askIn(awake.length === 0 ? regions : awake, movable, signal);
		for (const answer of answers) answer.catch(() => undefined);
		return new Map([
			...askAll(session, fixed, signal),
			...movable.map((question, index) => [keyOf(question), answers[index] as Promise<Secret>] as const),
		]);
	};
}

function isMovable({ id, region }: Question): boolean {
	return region === undefined && regionOfArn(id) === undefined;
}

import { questionsOf, takeMarks } from "../../resolve/marks.ts";
import type { Resolution } from "../../resolve/resolve.ts";
import type { HearEvent } from "../events.ts";
import type { Session } from "../session.ts";

/** Tells by what backends say of their answers whether one of them may be another now. */
export interface Poll {
	/** Asks about all answers; `true`: one may be another than when `accept` was called last, or was never asked about. */
	look(session: Session, lines: readonly Resolution[]): Promise<boolean>;
	/** Takes what the last look saw for known: to be called when what was resolved after it was dealt with. */
	accept(): void;
}

/** Makes the poll of a watch. */
export function createPoll({
	hear,
	print,
}: {
	readonly hear: HearEvent;
	readonly print: (text: string) => string;
}): Poll {
	let known: ReadonlyMap<string, string> = new Map();
	let seen = known;
	return {
		async look({ resolveOptions }, lines) {
			const questions = questionsOf(lines);
			const { failures, texts } = await takeMarks(questions, { ...resolveOptions, print });
			hear(failures.length === 0 ? { kind: "watched" } : { kind: "watch failed", errors: failures });
			const marks = questions.flatMap(({ key }) => {
				// What gives no answer is no change.
				const mark = texts.get(key) ?? known.get(key);
				return mark === undefined ? [] : [[key, mark] as const];
			});
			seen = new Map(marks);
			return marks.some(([key, mark]) => known.get(key) !== mark);
		},
		accept() {
			known = seen;
		},
	};
}

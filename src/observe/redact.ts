import { type Automaton, buildAutomaton, type Pattern } from "./redact/automaton.ts";
import { formsOf, isLongEnough } from "./redact/forms.ts";
import { openStream, type RedactedStream } from "./redact/stream.ts";

/** A value that is not to be read, and the name that is shown in its place. */
export interface Secret {
	readonly name: string;
	readonly value: Buffer;
}

/** Replaces secrets in streams of bytes, in whatever form they are written, by `[redacted:NAME]`. */
export interface Redactor {
	/** Adds secrets, in streams that are open as well. Returns the names of those that are too short to be replaced. */
	learn(secrets: readonly Secret[]): readonly string[];
	/** Begins a stream. */
	open(): RedactedStream;
}

/** Makes a redactor that knows no secret yet. */
export function createRedactor(): Redactor {
	const known = new Set<string>();
	let patterns: readonly Pattern[] = [];
	let automaton: Automaton = buildAutomaton(patterns);
	return {
		learn(secrets) {
			const fresh = secrets.filter(
				({ value }) => isLongEnough(value) && !known.has(value.toString("latin1")),
			);
			for (const { value } of fresh) known.add(value.toString("latin1"));
			if (fresh.length > 0) {
				patterns = [
					...patterns,
					...fresh.flatMap(({ name, value }) => formsOf(value).map((bytes) => ({ bytes, name }))),
				];
				automaton = buildAutomaton(patterns);
			}
			return secrets.filter(({ value }) => !isLongEnough(value)).map(({ name }) => name);
		},
		open: () => openStream(() => automaton),
	};
}

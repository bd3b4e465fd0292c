import { type Automaton, type Pattern, START } from "./automaton.ts";
import { LEAST_CHARACTERS } from "./forms.ts";

/** One stream of bytes in which secrets are replaced, wherever it is cut. */
export interface RedactedStream {
	/** Takes what was written, and gives what can be passed on by now: all but what may be the beginning of a secret. */
	push(chunk: Buffer): Buffer;
	/** Gives what is held back where it is less than any secret that is replaced; for when nothing more is written for a while. */
	settle(): Buffer;
	/** Gives all that is held back; what comes after that begins anew. */
	flush(): Buffer;
}

/** A stretch of bytes that one or several secrets cover. */
interface Stretch {
	readonly start: number;
	readonly end: number;
	/** The longest of those that begin first. */
	readonly pattern: Pattern;
}

/** Opens a stream; the automaton is asked for with each chunk, since it may know of more secrets by then. */
export function openStream(latest: () => Automaton): RedactedStream {
	let automaton = latest();
	let state = START;
	/** What was read and not given yet: places count from its first byte. */
	let held: Buffer = Buffer.alloc(0);
	/** Secrets that are found, and begin where another one that is not decided yet may cover them. */
	let stretches: Stretch[] = [];
	/** Whether the replacement of a secret was the last that was given, and how far that secret goes on. */
	let isCovered = false;
	let coveredTo = 0;

	function cover(pattern: Pattern, end: number): void {
		let stretch: Stretch = { start: end - pattern.bytes.length, end, pattern };
		for (
			let last = stretches.at(-1);
			last !== undefined && last.end > stretch.start;
			last = stretches.at(-1)
		) {
			stretches.pop();
			const { pattern: first } = last.start < stretch.start ? last : stretch;
			stretch = { start: Math.min(last.start, stretch.start), end, pattern: first };
		}
		if (isCovered && stretch.start < coveredTo) coveredTo = end;
		else stretches.push({ ...stretch, start: Math.max(stretch.start, 0) });
	}

	/** Gives the bytes before a place that no secret can reach any more which is still to be found. */
	function give(text: Buffer, decided: number): Buffer {
		const parts: Buffer[] = [];
		let given = Math.min(coveredTo, text.length);
		const giveBytes = (end: number) => {
			if (end <= given) return;
			parts.push(text.subarray(given, end));
			given = end;
			isCovered = false;
		};
		let count = 0;
		for (const { end, pattern, start } of stretches) {
			if (start >= decided) break;
			giveBytes(start);
			parts.push(Buffer.from(`[redacted:${pattern.name}]`));
			given = end;
			isCovered = true;
			count++;
		}
		giveBytes(decided);
		stretches = stretches
			.slice(count)
			.map(({ end, pattern, start }) => ({ start: start - given, end: end - given, pattern }));
		coveredTo = 0;
		// A copy: a few bytes are not to keep a whole chunk.
		held = Buffer.from(text.subarray(given));
		return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
	}

	return {
		push(chunk) {
			const text = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
			let at = held.length;
			if (automaton !== latest()) {
				automaton = latest();
				state = START;
				stretches = [];
				at = 0;
			}
			state = automaton.scan(text, { at, state }, cover);
			return give(text, Math.max(text.length - automaton.undecided(state), 0));
		},
		settle() {
			return automaton.undecided(state) < LEAST_CHARACTERS ? give(held, held.length) : NOTHING;
		},
		flush() {
			state = START;
			return give(held, held.length);
		},
	};
}

const NOTHING = Buffer.alloc(0);

import { DstaError } from "../errors.ts";
import type { Position } from "./secret-map.ts";

/** How many problems one message lists. */
const MAX_LISTED = 50;

/** Collects all that is wrong with one map, so that a run reports everything at once. */
export interface Problems {
	/** Notes what is wrong at an offset of the text. The sentence never holds a default. */
	add(offset: number, sentence: string): void;
	/** Notes a mistake in the YAML itself, which silences everything else that seems wrong on its line. */
	addSyntax(offset: number, sentence: string): void;
	/** How many were noted. */
	readonly count: number;
	positionOf(offset: number): Position;
	/** Where an offset is, as `file:line:column`. */
	locate(offset: number): string;
	/** @throws {DstaError} DSTA_MAP something was noted: the message has one line for each, in the order of the file */
	throwIfAny(): void;
}

export function createProblems(file: string, text: string): Problems {
	const found: { readonly offset: number; readonly sentence: string }[] = [];
	const syntaxByLine = new Map<number, number>();
	let lineStarts: readonly number[] | undefined;

	function positionOf(offset: number): Position {
		lineStarts ??= findLineStarts(text);
		const line = lastIndexAtMost(lineStarts, offset);
		return { line: line + 1, column: offset - (lineStarts[line] as number) + 1 };
	}

	function locate(offset: number): string {
		const { line, column } = positionOf(offset);
		return `${file}:${line}:${column}`;
	}

	return {
		add: (offset, sentence) => void found.push({ offset, sentence }),
		addSyntax(offset, sentence) {
			const { line } = positionOf(offset);
			if (syntaxByLine.has(line)) return;
			syntaxByLine.set(line, found.length);
			found.push({ offset, sentence });
		},
		get count() {
			return found.length;
		},
		positionOf,
		locate,
		throwIfAny() {
			if (found.length === 0) return;
			const shown = found
				.filter(({ offset }, index) => (syntaxByLine.get(positionOf(offset).line) ?? index) === index)
				.sort((a, b) => a.offset - b.offset)
				.map(({ offset, sentence }) => `${locate(offset)}: ${sentence}`);
			const lines = shown.slice(0, MAX_LISTED);
			if (shown.length > MAX_LISTED) lines.push(`${file}: … and ${shown.length - MAX_LISTED} more mistakes`);
			const place = shown.length === 1 ? "this place" : "these places";
			throw new DstaError("DSTA_MAP", lines.join("\n"), {
				cure: `Correct ${file} at ${place}; \`dsta-run check\` tries it without starting anything.`,
			});
		},
	};
}

function findLineStarts(text: string): readonly number[] {
	const starts = [0];
	for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) starts.push(end + 1);
	return starts;
}

function lastIndexAtMost(sorted: readonly number[], value: number): number {
	let low = 0;
	let high = sorted.length - 1;
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if ((sorted[middle] as number) <= value) low = middle;
		else high = middle - 1;
	}
	return low;
}

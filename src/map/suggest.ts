/** The known word that somebody meant who wrote a wrong one, if one is near enough. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
	// A single letter is one edit from everything short.
	if (word.length < 2 || word.length > 40) return undefined;
	let best: string | undefined;
	let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
	for (const candidate of known) {
		const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
		if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
	}
	return best;
}

/** The end of a sentence that complains of a word: a suggestion, or the words to choose from. */
export function suggestion(word: string, known: readonly string[]): string {
	const meant = suggest(word, known);
	return meant === undefined ? `; write one of ${known.join(", ")}` : `; did you mean "${meant}"?`;
}

/** Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment). */
function editDistance(from: string, to: string): number {
	let beforeLast: number[] = [];
	let last = Array.from({ length: to.length + 1 }, (_, column) => column);
	for (let row = 1; row <= from.length; row++) {
		const current = [row];
		for (let column = 1; column <= to.length; column++) {
			const replaced = at(last, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
			let distance = Math.min(at(last, column) + 1, at(current, column - 1) + 1, replaced);
			if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1])
				distance = Math.min(distance, at(beforeLast, column - 2) + 1);
			current.push(distance);
		}
		[beforeLast, last] = [last, current];
	}
	return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
	return row[column] as number;
}

/** A text of bytes to be found, and under which name. */
export interface Pattern {
	readonly bytes: Uint8Array;
	readonly name: string;
}

/**
 * Finds many texts in one pass, by the automaton of Aho and Corasick. A state stands for the longest end of what was read that is the
 * beginning of a pattern. States are numbered by the lengths of those, and the children of one follow each other.
 */
export interface Automaton {
	/** Reads bytes from a place on, tells of the longest pattern that ends after each, and returns the state at the end. */
	scan(bytes: Uint8Array, start: { readonly at: number; readonly state: number }, found: Found): number;
	/** How many of the last bytes may be the beginning of a pattern that is still to end. */
	undecided(state: number): number;
}

/** Hears that a pattern ends before a place. */
export type Found = (pattern: Pattern, end: number) => void;

/** The state before the first byte. */
export const START = 0;

/** How many states have a row with the successor for each byte: the shallow ones, where nearly all of a text is spent. */
const ROWS = 2048;

/** Builds the automaton of patterns that are not empty; of two with the same bytes the first one counts. */
export function buildAutomaton(given: readonly Pattern[]): Automaton {
	const patterns = sortUnique(given);
	const { bytes, depths, ends, first, size } = growTrie(patterns);
	const fallback = new Int32Array(size);
	const rows = new Int32Array(Math.min(size, ROWS) << 8);
	const rowCount = rows.length >> 8;

	function childOf(state: number, byte: number): number {
		for (let child = first[state] as number, end = first[state + 1] as number; child < end; child++)
			if (bytes[child] === byte) return child;
		return -1;
	}

	function successor(from: number, byte: number): number {
		for (let state = from; ; state = fallback[state] as number) {
			if (state < rowCount) return rows[(state << 8) | byte] as number;
			const child = childOf(state, byte);
			if (child >= 0) return child;
		}
	}

	// In the order of their depths: each needs only what is known of shallower ones.
	for (let state = 0; state < size; state++) {
		const shorter = fallback[state] as number;
		if (state < rowCount && state !== START) rows.copyWithin(state << 8, shorter << 8, (shorter + 1) << 8);
		if (ends[state] === 0 && state !== START) ends[state] = ends[shorter] as number;
		for (let child = first[state] as number; child < (first[state + 1] as number); child++) {
			const byte = bytes[child] as number;
			fallback[child] = state === START ? START : successor(shorter, byte);
			if (state < rowCount) rows[(state << 8) | byte] = child;
		}
	}

	return {
		scan(text, { at, state }, found) {
			let current = state;
			for (let place = at; place < text.length; place++) {
				const byte = text[place] as number;
				current = current < rowCount ? (rows[(current << 8) | byte] as number) : successor(current, byte);
				const end = ends[current] as number;
				if (end !== 0) found(patterns[end - 1] as Pattern, place + 1);
			}
			return current;
		},
		undecided(state) {
			let longest = state;
			while (longest !== START && first[longest] === first[longest + 1])
				longest = fallback[longest] as number;
			return depths[longest] as number;
		},
	};
}

interface Trie {
	readonly size: number;
	/** The byte by which each state is reached, and how many lead to it. */
	readonly bytes: Uint8Array;
	readonly depths: Int32Array;
	/** The first child of each state; that of the next state is the end of its children. */
	readonly first: Int32Array;
	/** The number of the pattern that ends at each state, from 1; 0 for none. */
	readonly ends: Int32Array;
}

// A state is a range of the sorted patterns, which begin with the same bytes.
function growTrie(patterns: readonly Pattern[]): Trie {
	const most = patterns.reduce((sum, { bytes }) => sum + bytes.length, 1);
	const bytes = new Uint8Array(most);
	const depths = new Int32Array(most);
	const first = new Int32Array(most + 1);
	const ends = new Int32Array(most);
	const lows = new Int32Array(most);
	const highs = new Int32Array(most);
	highs[START] = patterns.length;
	let size = 1;
	for (let state = 0; state < size; state++) {
		const depth = depths[state] as number;
		const high = highs[state] as number;
		first[state] = size;
		for (let low = lows[state] as number; low < high; ) {
			const byte = byteAt(patterns, low, depth);
			let next = low + 1;
			if (byte === undefined) ends[state] = next;
			else {
				while (next < high && byteAt(patterns, next, depth) === byte) next++;
				bytes[size] = byte;
				depths[size] = depth + 1;
				lows[size] = low;
				highs[size] = next;
				size++;
			}
			low = next;
		}
	}
	first[size] = size;
	return {
		...{ size, bytes: bytes.slice(0, size), depths: depths.slice(0, size) },
		...{ first: first.slice(0, size + 1), ends: ends.slice(0, size) },
	};
}

function byteAt(patterns: readonly Pattern[], index: number, depth: number): number | undefined {
	return (patterns[index] as Pattern).bytes[depth];
}

function sortUnique(patterns: readonly Pattern[]): readonly Pattern[] {
	const sorted = patterns.toSorted((one, other) => Buffer.compare(one.bytes, other.bytes));
	return sorted.filter(({ bytes }, index) => {
		const before = sorted[index - 1];
		return before === undefined || Buffer.compare(before.bytes, bytes) !== 0;
	});
}

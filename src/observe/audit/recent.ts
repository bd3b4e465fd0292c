/** The last of many texts: more than writers can be behind one another, and few enough for a log of any size. */
export class Recent {
	#older: ReadonlySet<string> = new Set();
	#newer = new Set<string>();

	has(text: string): boolean {
		return this.#newer.has(text) || this.#older.has(text);
	}

	add(text: string): void {
		this.#newer.add(text);
		if (this.#newer.size < MAX_TEXTS) return;
		this.#older = this.#newer;
		this.#newer = new Set();
	}
}

const MAX_TEXTS = 10_000;

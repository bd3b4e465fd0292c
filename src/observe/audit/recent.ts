/** The last of many texts: as many as writers can be behind one another, so that a log of any size fits into memory. */
export class Recent {
	readonly #texts = new Set<string>();

	has(text: string): boolean {
		return this.#texts.has(text);
	}

	add(text: string): void {
		this.#texts.add(text);
		if (this.#texts.size <= MAX_TEXTS) return;
		for (const oldest of this.#texts) {
			this.#texts.delete(oldest);
			return;
		}
	}
}

const MAX_TEXTS = 10_000;

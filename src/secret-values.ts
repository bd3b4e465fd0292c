/** By which Node and Bun ask how something is to be shown. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");
const SHOWN = "[secret]";

/**
 * Values of secrets by their names, as they travel from the backends to the command. It gives each to whoever asks for it, and
 * shows none: every way of making text of it, and of its inside, makes `[secret]` or nothing.
 */
export class SecretValues implements ReadonlyMap<string, string> {
	// Not even an inspector without regard for `INSPECT` sees into it.
	readonly #values: ReadonlyMap<string, string>;

	constructor(values: Iterable<readonly [string, string]> = []) {
		this.#values = new Map(values);
	}

	get size(): number {
		return this.#values.size;
	}

	get(name: string): string | undefined {
		return this.#values.get(name);
	}

	has(name: string): boolean {
		return this.#values.has(name);
	}

	forEach(action: (value: string, name: string, map: ReadonlyMap<string, string>) => void): void {
		for (const [name, value] of this.#values) action(value, name, this);
	}

	keys(): MapIterator<string> {
		return this.#values.keys();
	}

	values(): MapIterator<string> {
		return this.#values.values();
	}

	entries(): MapIterator<[string, string]> {
		return this.#values.entries();
	}

	[Symbol.iterator](): MapIterator<[string, string]> {
		return this.#values.entries();
	}

	toString(): string {
		return SHOWN;
	}

	toJSON(): string {
		return SHOWN;
	}

	[INSPECT](): string {
		return SHOWN;
	}
}

/** The variables of a map with their values, in its order. */
export type Variables = ReadonlyMap<string, string>;

/** How variables are written for one kind of reader. */
export interface Format {
	/** Writes all of them, whole lines; `name` is what the whole is called where it has a name. */
	readonly render: (variables: Variables, name: string) => string;
	/** Why one cannot be written, as a sentence that shows nothing of its value; `undefined` where it can. */
	readonly misfit?: (value: string, name: string) => string | undefined;
}

/** A format that has a line for each variable. */
export function lineByLine(write: (name: string, value: string) => string): Format["render"] {
	return (variables) => [...variables].map(([name, value]) => `${write(name, value)}\n`).join("");
}

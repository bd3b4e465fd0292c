/** What the library takes from the process that it runs in, where its caller says nothing: the one place that looks. */
export interface Surroundings {
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly warn: (message: string) => void;
}

/** Looks at the process; what changes in its environment later is seen by whoever holds the answer. */
export function surroundings(): Surroundings {
	return {
		env: process.env,
		warn: (message) => process.emitWarning(message, { type: "DstaRunWarning" }),
	};
}

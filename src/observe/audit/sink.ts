/** What the next line of a log follows. */
export interface Start {
	readonly head: string;
	/** What the line is the first of, if it is. */
	readonly begins: string | undefined;
	/** Whether the line before it is only begun. */
	readonly isCut: boolean;
}

/** Makes the lines that are to follow. */
export type Render = (start: Start) => { readonly text: string; readonly head: string };

/** Where the lines go. */
export interface Sink {
	/** Comes back when they are on disk, where there is one. */
	append(render: Render): void;
}

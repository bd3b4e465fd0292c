import type { TimedRecord } from "./record.ts";

/** What the next line of a log follows. */
export interface Start {
	readonly head: string;
	/** What the line is the first of, if it is. */
	readonly begins: string | undefined;
	/** Whether the line before it is only begun. */
	readonly isCut: boolean;
}

/** Makes the line of a record, with its newline. */
export type Render = (record: TimedRecord, start: Start) => { readonly text: string; readonly head: string };

/** Where the lines go. */
export interface Sink {
	/** Writes a line for each record, which it takes out of them, and comes back when all are on disk, where there is one. */
	append(records: TimedRecord[], render: Render): void;
}

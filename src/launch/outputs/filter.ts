/** What the bytes of one stream pass through. */
export interface Filter {
	/** Takes what was written, and gives what can be passed on by now. */
	push(chunk: Buffer): Buffer;
	/** Gives what need not be held back any longer when nothing more is written for a while. */
	settle(): Buffer;
	/** Gives all that is held back. */
	flush(): Buffer;
}

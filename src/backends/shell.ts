/** A word as a shell has to be given it, in quotes where it has characters of its own in it. */
export function shellWord(text: string): string {
	return /^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text);
}

/** A text in single quotes, in which a shell takes nothing for something else. */
export function quoted(text: string): string {
	return `'${text.replaceAll("'", `'\\''`)}'`;
}

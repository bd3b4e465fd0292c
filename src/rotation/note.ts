import { createHash } from "node:crypto";

/** What is kept beside a secret for one of its fields. */
export type NoteKind = "rotation" | "schedule";

/** The name of a note: an annotation has few characters to choose from, and a field's name may have any. */
export function noteName(kind: NoteKind, field: string): string {
	const name = `dsta:${kind}:${encodeField(field)}`;
	if (name.length <= MAX_NAME_LENGTH) return name;
	return `dsta:${kind}:=:${createHash("sha256").update(field).digest("hex")}`;
}

const MAX_NAME_LENGTH = 128;

// As in quoted-printable (RFC 2045), but for the "=" of a hash, which no two digits follow.
function encodeField(field: string): string {
	return [...Buffer.from(field)]
		.map((byte) => String.fromCharCode(byte))
		.map((char) =>
			/[\w.-]/.test(char) ? char : `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
		)
		.join("");
}

/** The text of a note: `step=verify id=…`. No word holds a space. */
export function formatNote(words: Readonly<Record<string, string | undefined>>): string {
	return Object.entries(words)
		.flatMap(([name, word]) => (word === undefined ? [] : `${name}=${word}`))
		.join(" ");
}

export function parseNote(text: string): ReadonlyMap<string, string> {
	return new Map(
		text
			.split(" ")
			.filter((word) => word.includes("="))
			.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
	);
}

/** A time to the second, as notes hold it. */
export function formatTime(time: Date): string {
	return time.toISOString().replace(/\.\d+Z$/, "Z");
}

// Not any that Date would take: one far away could not be reckoned with.
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** `undefined` where it is none. */
export function parseTime(text: string | undefined): Date | undefined {
	const time = new Date(TIME.test(text ?? "") ? (text as string) : "");
	return Number.isNaN(time.getTime()) ? undefined : time;
}

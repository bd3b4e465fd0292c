import { STEPS, type Step } from "./checklist.ts";
import { formatNote, formatTime, parseNote, parseTime } from "./note.ts";

/** What lies beside a secret of a field's last rotation. It holds no value. */
export interface RotationRecord {
	/** The same for all who work on it, one after the other. */
	readonly id: string;
	/**
	 * The step that it is in; `grace`: all is done but to revoke the old value, which is not to be yet; `rollback`: the old value
	 * is being put back; `done`. `seen`: there was no rotation yet, and this is how old the value was when it was first asked.
	 */
	readonly step: Step | "grace" | "rollback" | "done" | "seen";
	/** Who works on it, another one each time: `host/4f1c`. */
	readonly by: string;
	/** When the step began, or all was done. */
	readonly at: Date;
	/** Until when nobody else is to go on with it; the end of the grace. */
	readonly until: Date;
	/** The version that has the old value. */
	readonly oldVersion: string | undefined;
	/** The version that has the new one, once it is written. */
	readonly newVersion: string | undefined;
	/** Whether the old value was revoked. */
	readonly isRevoked: boolean;
}

/** Within the 256 characters of an annotation, with the longest version ids of AWS. */
export function formatRecord(record: RotationRecord): string {
	const { at, by, id, isRevoked, newVersion, oldVersion, step, until } = record;
	const isOver = step === "done" || step === "seen";
	return formatNote({
		step,
		id,
		by,
		at: formatTime(at),
		until: isOver ? undefined : formatTime(until),
		old: oldVersion,
		new: newVersion,
		revoked: isRevoked ? "1" : undefined,
	});
}

const WORD = /^[\w./-]{1,64}$/;

/** `undefined` where the text is no such record. */
export function parseRecord(text: string | undefined): RotationRecord | undefined {
	const words = parseNote(text ?? "");
	const [id, by] = [words.get("id"), words.get("by")];
	const step = [...STEPS, "grace", "rollback", "done", "seen"].find((one) => one === words.get("step"));
	const at = parseTime(words.get("at"));
	if (id === undefined || by === undefined || step === undefined || at === undefined) return undefined;
	// What somebody else has put there could not be written again.
	if (![id, by, words.get("old"), words.get("new")].every((word) => word === undefined || WORD.test(word)))
		return undefined;
	return {
		id,
		step: step as RotationRecord["step"],
		by,
		at,
		until: parseTime(words.get("until")) ?? at,
		oldVersion: words.get("old"),
		newVersion: words.get("new"),
		isRevoked: words.has("revoked"),
	};
}

/** A rotation of which something is still to be done. */
export interface UnfinishedRecord extends RotationRecord {
	readonly step: Exclude<RotationRecord["step"], "done" | "seen">;
}

export function isUnfinished(record: RotationRecord | undefined): record is UnfinishedRecord {
	return record !== undefined && record.step !== "done" && record.step !== "seen";
}

/** Whether somebody may be working on it right now. */
export function isHeld({ step, until }: UnfinishedRecord): boolean {
	return step !== "grace" && until.getTime() > Date.now();
}

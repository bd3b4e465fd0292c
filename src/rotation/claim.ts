import { randomBytes } from "node:crypto";
import { DstaError } from "../errors.ts";
import type { Ledger } from "./ledger.ts";
import { isHeld, type RotationRecord, type UnfinishedRecord } from "./record.ts";
import type { Target } from "./target.ts";

/** That it is we who rotate a field, as its record says. Others may take it over, which each step looks for before it begins. */
export interface Claim {
	/** As it was last written. */
	readonly record: RotationRecord;
	/**
	 * Writes what changes, and that nobody else is to go on for such a time.
	 * @throws {DstaError} DSTA_CONFLICT somebody else has taken it over
	 */
	update(changes: Partial<RotationRecord>, holdMs: number): Promise<void>;
	/** Puts something else in the place of the record, unless that is somebody else's by now. */
	leave(record: RotationRecord | undefined): Promise<void>;
}

/** What a record begins with. */
export type Beginning = Pick<RotationRecord, "id" | "step" | "oldVersion" | "newVersion" | "isRevoked">;

/** Who has written a record that nobody works by: whatever it is, it takes nothing from anybody. */
export const NOBODY = "-";

/** So long a step may take on top of what its hook may. */
export const MARGIN_MS = 120_000;

/**
 * Writes our claim and looks whether it stands. Of two who do so at once both may find theirs; which of them it is shows when
 * they look again, and at last by the write, which only one of them can make.
 * @throws {DstaError} DSTA_CONFLICT somebody else was later
 */
export async function claim(
	target: Target,
	ledger: Ledger,
	{ host, ...beginning }: Beginning & { readonly host: string },
): Promise<Claim> {
	let record: RotationRecord = {
		...beginning,
		by: claimant(host),
		at: new Date(),
		until: new Date(Date.now() + MARGIN_MS),
	};
	const isOurs = (found: RotationRecord | undefined) =>
		found === undefined || found.by === record.by || found.by === NOBODY;
	async function write(next: RotationRecord): Promise<void> {
		const found = await ledger.read();
		if (found !== undefined && !isOurs(found) && !hasLostTo(next, found)) throw overtaken(target, found);
		await ledger.write(next);
		record = next;
	}
	await ledger.write(record);
	const found = await ledger.read();
	if (!isOurs(found)) throw overtaken(target, found as RotationRecord);
	return {
		get record() {
			return record;
		},
		async update(changes, holdMs) {
			const at = new Date();
			await write({ ...record, at, until: new Date(at.getTime() + holdMs), ...changes });
		},
		async leave(next) {
			if (isOurs(await ledger.read())) await ledger.write(next);
		},
	};
}

/** The refusal to begin where a rotation is unfinished. */
export function unfinished({ backend, path: { text: path } }: Target, record: UnfinishedRecord): DstaError {
	const { by, step, until } = record;
	const host = by.split("/")[0];
	const details = { backend: backend.name, path };
	if (isHeld(record))
		return new DstaError(
			"DSTA_CONFLICT",
			`${path} is being rotated by ${host}: ${step}, until ${until.toISOString()} at the latest`,
			{ ...details, cure: `Wait for it. If it is dead, go on with it: dsta-run rotate --resume ${path}` },
		);
	const where =
		step === "grace"
			? `whose old value is to be revoked after ${until.toISOString()}`
			: `by ${host}, which stopped before the end of its step ${step}`;
	return new DstaError("DSTA_CONFLICT", `${path} has an unfinished rotation, ${where}`, {
		...details,
		cure: `Go on with it: dsta-run rotate --resume ${path}\nOr take it back: dsta-run rotate --rollback ${path}`,
	});
}

// Short, as a record has little room; what makes it another one each time is its end.
function claimant(host: string): string {
	return `${host.replace(/[^\w.-]/g, "-").slice(0, 11)}/${randomBytes(4).toString("hex")}`;
}

// Whoever claimed before it saw what we have written by now can write nothing itself.
function hasLostTo(ours: RotationRecord, { oldVersion, step }: RotationRecord): boolean {
	const isBeforeItsWrite = step === "generate" || step === "update";
	return ours.newVersion !== undefined && isBeforeItsWrite && oldVersion === ours.oldVersion;
}

function overtaken({ backend, path: { text: path } }: Target, { by, step }: RotationRecord): DstaError {
	const host = by.split("/")[0];
	return new DstaError(
		"DSTA_CONFLICT",
		step === "seen"
			? `${path} was given its old value back by ${host} meanwhile, and this rotation ends here`
			: `${path} is being rotated by ${host} at the same time (${step}), and this rotation leaves it to that one`,
		{ backend: backend.name, path, cure: `See how far it is: dsta-run rotate --list` },
	);
}

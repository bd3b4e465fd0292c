import { isAbsolute, join } from "node:path";
import type { Backend } from "../../backends/backend.ts";
import { DstaError } from "../../errors.ts";
import type { SnapshotSettings } from "../../map/secret-map.ts";
import type { Answer } from "../chain.ts";
import { removeSnapshotFile, replaceSnapshotFile } from "./file.ts";
import { type KeyContext, loadKey } from "./key.ts";
import { createRecollection, type Recalled } from "./recollection.ts";
import { encodeRecords, foundIn, keyOf, type SnapshotRecord, toRecord } from "./records.ts";

/**
 * The last answers of the backends, encrypted in a file. It stands below the chain and its policy: an answer in it is that of its
 * backend, only older, and counts before the next backend is asked.
 *
 * - What is kept is what each backend said to each question when the last run resolved everything, that it had nothing included.
 *   Nothing of the environment, and nothing that a backend made for this run alone (`Backend.identity`).
 * - It stands in for a backend that is unavailable, and only for the one that gave it: the same address, namespace and mount, or
 *   region and account. Each answer has its own age, from when it was read.
 * - A denial of any path deletes it: who may not read any more is not to find the secrets in a file.
 * - It never ends a run: what is wrong with it is a warning, except a key that is none, which nobody would notice before it is needed.
 */
export interface Snapshot {
	/** Takes all answers of one backend in one turn, and gives them back with its own last ones where the backend is unavailable. */
	review(backend: Backend, answers: readonly Answer[]): Promise<readonly Answer[]>;
	/** Writes what was answered, if anything was that is to be kept, and nothing was denied. Only once. */
	save(): Promise<void>;
}

/** What a snapshot had for a question whose backend is unavailable: an answer of some age, or why not. */
export type StandIn =
	| { readonly ageMs: number; readonly reason?: never }
	| { readonly reason: string; readonly cure: string; readonly ageMs?: never };

export interface SnapshotContext extends KeyContext {
	/** The user that must have made the file. */
	readonly user: number;
	/** Nothing stands in for a backend; the snapshot is written all the same. */
	readonly strict: boolean;
	/** The time, in milliseconds since 1970. */
	readonly now?: () => number;
}

/**
 * Opens a snapshot. Its file is read when a backend is unavailable, and not before.
 * @throws {DstaError} DSTA_CONFIG the map names a key that is not there, or is none
 */
export async function openSnapshot(settings: SnapshotSettings, context: SnapshotContext): Promise<Snapshot> {
	const { now = Date.now, strict, user, warn } = context;
	const file = isAbsolute(settings.file) ? settings.file : join(context.cwd, settings.file);
	const loading = loadKey(settings.key, context);
	// A command takes its time while the backends take theirs, and may fail on a day on which nobody needs the key.
	if (!("command" in settings.key)) await loading;
	const key = loading.catch(warnOf);
	const last = createRecollection({ file, key, maxAgeMs: settings.maxAgeMs, now, user });
	const records = new Map<string, SnapshotRecord>();
	let isFresh = false;
	let isDenied = false;
	let saving: Promise<void> | undefined;

	function note(backend: Backend, { found, request }: Answer): void {
		const name = keyOf(backend, request);
		if (name === undefined) return;
		records.set(name, toRecord(found, now()));
		isFresh = true;
	}

	async function standIn(backend: Backend, answer: Answer): Promise<Answer> {
		try {
			const name = keyOf(backend, answer.request);
			const recalled = await last.find(name);
			// It stays what it is, with the time when it was read.
			records.set(name as string, recalled.record);
			return toAnswer(recalled, backend, answer);
		} catch (error) {
			if (!(error instanceof DstaError)) throw error;
			const { cure, message: reason } = error;
			return { ...answer, attempt: { ...answer.attempt, snapshot: { reason, cure } } };
		}
	}

	async function discard({ name }: Backend): Promise<void> {
		isDenied = true;
		try {
			if (await removeSnapshotFile(file))
				warn(`the snapshot ${file} is deleted, since ${name} denied access`);
		} catch (error) {
			warnOf(error);
		}
	}

	async function write(): Promise<void> {
		const known = await key;
		if (!isFresh || isDenied || known === undefined) return;
		const { seal } = await import("./cipher.ts");
		const bytes = seal(encodeRecords(records), known);
		// The command may run for months, and needs none of this in our memory.
		records.clear();
		await replaceSnapshotFile(file, bytes, user);
	}

	// What is no error of ours says no more than its kind.
	function warnOf(error: unknown): undefined {
		if (error instanceof DstaError) warn(error.message, error.cure);
		else warn(`the snapshot ${file} is left as it is (${(error as Error).name})`);
	}

	return {
		async review(backend, answers) {
			// Before the command starts: where this process reaps orphans, it would take our child for one.
			await key;
			const classes = answers.map(({ attempt }) => attempt.error?.failureClass);
			for (const answer of answers) if (answer.attempt.error === undefined) note(backend, answer);
			if (classes.includes("denied")) await discard(backend);
			if (strict || isDenied || backend.identity === undefined) return answers;
			return Promise.all(
				answers.map((answer, index) =>
					classes[index] === "unavailable" ? standIn(backend, answer) : answer,
				),
			);
		},
		save() {
			saving ??= write().catch(warnOf);
			return saving;
		},
	};
}

function toAnswer({ ageMs, record }: Recalled, backend: Backend, { attempt, request }: Answer): Answer {
	const found = foundIn(record);
	const told = { ...attempt, snapshot: { ageMs } };
	if (found === undefined) {
		const detail = backend.locations(request).join(", ");
		return { request, attempt: { ...told, outcome: "absent", detail, advice: backend.advice(request) } };
	}
	const { location: detail, version } = found;
	return { request, attempt: { ...told, outcome: "found", detail, version }, found };
}

import { randomBytes } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Backend, Found, ReadRequest } from "../../../src/backends/backend.ts";
import { DstaError, type ErrorCode } from "../../../src/errors.ts";
import type { SnapshotSettings } from "../../../src/map/secret-map.ts";
import type { Answer, Attempt } from "../../../src/resolve/chain.ts";
import { openSnapshot, type Snapshot } from "../../../src/resolve/snapshot/snapshot.ts";
import { parseSecretPath } from "../../../src/secret-path.ts";

export const SENTINEL = "sentinel-of-the-snapshot";

/** A folder of this user alone, with a key, and where the snapshot will be. */
export interface Place {
	readonly folder: string;
	readonly file: string;
	readonly settings: SnapshotSettings;
}

export function placeWith(key: Buffer = randomBytes(32)): Place {
	const folder = mkdtempSync(join(tmpdir(), "dsta-run-snapshot-"));
	const file = join(folder, "app.snapshot");
	writeFileSync(join(folder, "key"), key, { mode: 0o600 });
	return { folder, file, settings: { file, maxAgeMs: 3_600_000, key: { file: join(folder, "key") } } };
}

export interface Opened extends Snapshot {
	/** What it warned of. */
	readonly warnings: readonly string[];
}

export async function open(
	{ folder, settings }: Place,
	options: { readonly now?: () => number; readonly strict?: boolean; readonly user?: number } = {},
): Promise<Opened> {
	const warnings: string[] = [];
	const user = process.geteuid?.() ?? 0;
	const warn = (message: string) => void warnings.push(message);
	const snapshot = await openSnapshot(settings, {
		env: {},
		cwd: folder,
		user,
		warn,
		strict: false,
		...options,
	});
	return { ...snapshot, warnings };
}

/** A backend that is asked nothing. */
export function backendAt(address = "https://vault.example.com", name = "vault"): Backend {
	return {
		name,
		description: address,
		identity: ({ overrides }) => (overrides?.engine === "raw" ? undefined : address),
		locations: ({ path }) => [`secret/data/${path.secret}`],
		advice: () => "put it there",
		read: () => Promise.reject(new Error("it is not asked")),
		check: () => Promise.reject(new Error("it is not asked")),
		close: () => undefined,
	};
}

const QUESTION = { path: parseSecretPath("app/db/password"), names: ["PASSWORD"] };

type Questioned = Partial<ReadRequest> & { readonly text?: string };

function answerOf({ text, ...question }: Questioned, attempt: Partial<Attempt>, found?: Found): Answer {
	const request = {
		...QUESTION,
		...question,
		...(text === undefined ? {} : { path: parseSecretPath(text) }),
	};
	return {
		request,
		attempt: { backend: "vault", outcome: "found", detail: "", durationMs: 1, ...attempt },
		found,
	};
}

export function found(value: Found["value"] = SENTINEL, question: Questioned = {}): Answer {
	return answerOf(question, {}, { value, location: "secret/data/app/db", version: "3" });
}

export function absent(question: Questioned = {}): Answer {
	return answerOf(question, { outcome: "absent" });
}

export function failed(code: ErrorCode = "DSTA_UNAVAILABLE", question: Questioned = {}): Answer {
	const error = new DstaError(code, `it failed (${code})`, { cure: "mend it" });
	return answerOf(question, { outcome: "failed", error });
}

/** Keeps answers of a backend, as a run does that resolved everything. */
export async function keep(
	place: Place,
	answers: readonly Answer[] = [found()],
	options: Parameters<typeof open>[1] & { readonly backend?: Backend } = {},
): Promise<Opened> {
	const snapshot = await open(place, options);
	await snapshot.review(options.backend ?? backendAt(), answers);
	await snapshot.save();
	return snapshot;
}

/** What the snapshot gives for one question whose backend is unavailable. */
export async function recall(
	place: Place,
	answer: Answer = failed(),
	options: Parameters<typeof open>[1] & { readonly backend?: Backend } = {},
): Promise<Answer> {
	const snapshot = await open(place, options);
	const [reviewed] = await snapshot.review(options.backend ?? backendAt(), [answer]);
	return reviewed as Answer;
}

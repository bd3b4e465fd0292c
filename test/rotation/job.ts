import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WritableBackend } from "../../src/backends/backend.ts";
import type { RotateSettings, SecretMap, Words } from "../../src/map/secret-map.ts";
import type { MapSearch } from "../../src/rotation/candidates.ts";
import type { Job } from "../../src/rotation/job.ts";
import { findTarget, type Target } from "../../src/rotation/target.ts";
import { parseSecretPath } from "../../src/secret-path.ts";

/** A job whose results and warnings are seen. */
export interface SeenJob extends Job {
	readonly seen: string[];
	readonly warnings: string[];
}

const PROGRAMS = { cwd: "/", env: { PATH: process.env.PATH } };

/** A job that gives this value, on a machine of this name. */
export function jobOf(settings: RotateSettings, value?: string, more: Partial<Job> = {}): SeenJob {
	const seen: string[] = [];
	const warnings: string[] = [];
	const { onResult, ...rest } = more;
	return {
		settings,
		giveValue: value === undefined ? undefined : async () => value,
		prepareHook: () => PROGRAMS,
		host: "here",
		timeoutMs: 10_000,
		warn: (message) => warnings.push(message),
		onResult(result, facts) {
			seen.push(`${result.step} ${result.outcome}`);
			onResult?.(result, facts);
		},
		seen,
		warnings,
		...rest,
	};
}

/** A field as it stands. */
export function targetAt(backend: WritableBackend, path: string): Promise<Target> {
	return findTarget(parseSecretPath(path), {
		chain: [backend.name],
		get: async () => backend,
		timeoutMs: 10_000,
	});
}

/** Where a map's entries are looked for: at this backend alone. */
export function searchAt(backend: WritableBackend): MapSearch {
	return { chainOf: () => [backend.name], get: async () => backend, timeoutMs: 10_000 };
}

export function mapOf(paths: readonly string[], rotate: RotateSettings = {}): SecretMap {
	const entries = paths.map((text) => ({
		path: parseSecretPath(text),
		names: [text.endsWith("*") ? "X_*" : "X"],
	}));
	return { file: "m.yaml", entries, backends: {}, run: {}, rotate };
}

/** A hook that writes a line with its step and what it is told into a file, and then does something else. */
export function hooks(): { hook(step: string, then?: string): Words; lines(): readonly string[] } {
	const file = join(mkdtempSync(join(tmpdir(), "dsta-run-hooks-")), "lines");
	writeFileSync(file, "");
	return {
		hook: (step, then = "") => [
			"sh",
			"-c",
			`echo "${step} $DSTA_ROTATION_PATH $DSTA_ROTATION_OLD_VERSION $DSTA_ROTATION_NEW_VERSION" >> ${file}; ${then}`,
		],
		lines: () => readFileSync(file, "utf8").split("\n").slice(0, -1),
	};
}

/** What a rotation meets whose backend is gone, so that nothing of it is taken back. */
export class Killed extends Error {}

/** A backend that does nothing any more after a moment, like a process that was killed. */
export function killable(backend: WritableBackend): { backend: WritableBackend; kill(): void } {
	let isDead = false;
	const guarded =
		<Args extends unknown[], T>(action: (...args: Args) => Promise<T>) =>
		async (...args: Args): Promise<T> => {
			if (isDead) throw new Killed();
			return action(...args);
		};
	const { annotations } = backend;
	return {
		kill: () => {
			isDead = true;
		},
		backend: {
			name: backend.name,
			description: backend.description,
			locations: (request) => backend.locations(request),
			advice: (request) => backend.advice(request),
			check: (signal) => backend.check(signal),
			list: (folder, signal) => backend.list(folder, signal),
			close: () => undefined,
			read: guarded(backend.read.bind(backend)),
			write: guarded(backend.write.bind(backend)),
			versions: guarded(
				(secret: string, signal: AbortSignal) => backend.versions?.(secret, signal) ?? Promise.resolve([]),
			),
			...(annotations === undefined
				? {}
				: {
						annotations: {
							read: guarded(annotations.read.bind(annotations)),
							write: guarded(annotations.write.bind(annotations)),
						},
					}),
		},
	};
}

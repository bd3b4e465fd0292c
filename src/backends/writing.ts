import type { Annotating } from "./annotation.ts";
import type { Annotations, StoredVersion, WritableBackend, WriteOptions, Written } from "./backend.ts";

/** What is to be written. */
export interface WriteRequest extends WriteOptions {
	readonly secret: string;
	readonly fields: ReadonlyMap<string, string>;
}

/** The modules of a backend that change and list its secrets, each loaded when it is first needed. */
export interface WritingModules<Session> {
	write(): Promise<{ writeSecret(session: Session, request: WriteRequest): Promise<Written> }>;
	list(): Promise<{
		listSecrets(session: Session, folder: string, signal: AbortSignal): Promise<readonly string[]>;
	}>;
	annotations(): Promise<{
		readAnnotations(session: Session, secret: string, signal: AbortSignal): ReturnType<Annotations["read"]>;
		writeAnnotations(session: Session, request: Annotating): Promise<void>;
	}>;
	versions(): Promise<{
		listVersions(session: Session, secret: string, signal: AbortSignal): Promise<readonly StoredVersion[]>;
	}>;
}

/** The part of a backend that changes and lists its secrets. */
export type Writing = Required<Pick<WritableBackend, "write" | "list" | "annotations" | "versions">>;

/** Makes that part of a backend: a session is opened at the first question. */
export function createWriting<Session>(
	open: () => Promise<{ readonly session: Session }>,
	modules: WritingModules<Session>,
): Writing {
	return {
		async write(secret, fields, options) {
			const { writeSecret } = await modules.write();
			return writeSecret((await open()).session, { secret, fields, ...options });
		},
		async list(folder, signal) {
			const { listSecrets } = await modules.list();
			return listSecrets((await open()).session, folder, signal);
		},
		annotations: {
			async read(secret, signal) {
				const { readAnnotations } = await modules.annotations();
				return readAnnotations((await open()).session, secret, signal);
			},
			async write(secret, changes, signal) {
				const { writeAnnotations } = await modules.annotations();
				await writeAnnotations((await open()).session, { secret, changes, signal });
			},
		},
		async versions(secret, signal) {
			const { listVersions } = await modules.versions();
			return listVersions((await open()).session, secret, signal);
		},
	};
}

import { DstaError } from "../../errors.ts";
import { type Annotating, checkAnnotations } from "../annotation.ts";
import type { Annotations } from "../backend.ts";
import { shellWord } from "../shell.ts";
import { pauseAfter, WRITE_ATTEMPTS } from "../write-attempts.ts";
import { encodePath } from "./api-path.ts";
import { type ApiResponse, errorsOf } from "./client.ts";
import { failureOf, type Target } from "./failure.ts";
import { findMetadata, readMetadata } from "./metadata.ts";
import type { Session } from "./session.ts";
import { vaultCommand } from "./settings.ts";
import { timeoutFailure } from "./unavailable.ts";

type Texts = ReadonlyMap<string, string>;

/** The custom metadata of a secret. */
export async function readAnnotations(
	session: Session,
	secret: string,
	signal: AbortSignal,
): ReturnType<Annotations["read"]> {
	const target = await targetOf(session, secret, signal);
	const metadata = await readMetadata(session, target, signal);
	return metadata && textsIn(metadata.custom_metadata);
}

/**
 * Changes the custom metadata of a secret, and leaves alone what else is kept of it: by PATCH, and where a server does not know
 * that, a policy lacks it or the engine wants check-and-set of metadata (OpenBao), as a whole.
 */
export async function writeAnnotations(
	session: Session,
	{ changes, secret, signal }: Annotating,
): ReturnType<Annotations["write"]> {
	checkAnnotations(changes, { backend: "vault", secret });
	const target = await targetOf(session, secret, signal);
	const response = await session.ask(target, {
		method: "PATCH",
		path: encodePath(target.apiPath),
		namespace: target.settings.namespace,
		body: { custom_metadata: Object.fromEntries([...changes].map(([name, text]) => [name, text ?? null])) },
		repeat: "always",
		signal,
	});
	if (isDone(response)) return;
	// Of a secret that is not there it says nothing at all, with status 404.
	if (![403, 404, 405].includes(response.status) && !saysCheckAndSet(response))
		throw failureOf(response, { ...target, capability: "patch" });
	const capability = response.status === 405 ? "update" : "patch";
	await writeWhole(session, { ...target, capability }, { changes, secret, signal });
}

// What a POST does not name stays as it is, but for custom_metadata, which it replaces as a whole.
async function writeWhole(session: Session, target: Target, { changes, signal }: Annotating): Promise<void> {
	for (let attempt = 1; attempt <= WRITE_ATTEMPTS; attempt++) {
		const metadata = await readMetadata(session, { ...target, capability: "read" }, signal);
		if (metadata === undefined) throw notFound(target);
		const { current_metadata_version: cas, custom_metadata: before } = metadata;
		const after = [...new Map<string, string | undefined>([...textsIn(before), ...changes])];
		const texts = Object.fromEntries(
			after.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
		);
		const response = await session.ask(target, {
			method: "POST",
			path: encodePath(target.apiPath),
			namespace: target.settings.namespace,
			// Vault counts no versions of metadata.
			body: { custom_metadata: texts, ...(cas === undefined ? {} : { metadata_cas: cas }) },
			signal,
		});
		if (isDone(response)) return;
		if (!saysCheckAndSet(response)) throw failureOf(response, target);
		await pauseAfter(attempt, signal).catch(() => {
			throw timeoutFailure(target, undefined);
		});
	}
	throw new DstaError(
		"DSTA_CONFLICT",
		`${target.apiPath} changed ${WRITE_ATTEMPTS} times while it was being written`,
		{
			backend: "vault",
			path: target.path,
			cure: "Nothing was written. Find out who else writes the metadata of this secret, then try again.",
		},
	);
}

async function targetOf(session: Session, secret: string, signal: AbortSignal): Promise<Target> {
	const target = await findMetadata(session, secret, signal);
	if (target !== undefined) return target;
	const { settings } = session;
	const { address, mount } = settings;
	throw new DstaError(
		"DSTA_UNSUPPORTED",
		`The KV engine at ${mount}/ of ${address} has version 1, which keeps nothing beside a secret`,
		{
			backend: "vault",
			path: secret,
			cure: `Let the engine keep versions and metadata: ${vaultCommand(settings)} kv enable-versioning ${shellWord(`${mount}/`)}`,
		},
	);
}

function textsIn(customMetadata: unknown): Texts {
	const entries = Object.entries(customMetadata ?? {});
	return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

function isDone({ status }: ApiResponse): boolean {
	return status === 200 || status === 204;
}

function saysCheckAndSet(response: ApiResponse): boolean {
	return (
		response.status === 400 && (errorsOf(response)?.some((error) => /check-and-set/i.test(error)) ?? false)
	);
}

function notFound({ apiPath, path, settings }: Target): DstaError {
	return new DstaError(
		"DSTA_NOT_FOUND",
		`Secret not found: ${path} (${settings.address} has no ${apiPath})`,
		{
			backend: "vault",
			path,
			cure: `Write it first: dsta-run put ${shellWord(path)} KEY=-`,
		},
	);
}

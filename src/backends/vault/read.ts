import type { SecretValue } from "../backend.ts";
import type { ApiResponse } from "./client.ts";
import { failureOf, type Target } from "./failure.ts";
import { encodePath, type KvReading, type KvVersion, kvPath, readV1, readV2 } from "./kv.ts";
import type { Session } from "./session.ts";
import type { VaultSettings } from "./settings.ts";

export interface Secret {
	readonly content: SecretValue;
	/** The path in Vault's API. */
	readonly location: string;
	readonly version?: string | undefined;
}

export interface SecretRequest {
	/** The session's settings as the entry changes them. */
	readonly settings: VaultSettings;
	readonly secret: string;
	readonly version?: number | undefined;
	/** The path as the user wrote it, for errors. */
	readonly path: string;
	readonly signal: AbortSignal;
}

/**
 * Reads a secret of a KV engine of either version. One request where the answer tells the version;
 * where it does not (nothing there, or refused), the engine is looked up, once per mount.
 * @throws {DstaError} DSTA_DENIED, DSTA_UNAVAILABLE, DSTA_TIMEOUT or DSTA_CONFIG
 */
export async function readSecret(session: Session, request: SecretRequest): Promise<Secret | undefined> {
	const known = await knownEngine(session, request.settings);
	const answer = await readAs(session, request, known ?? 2);
	if (answer.reading.kind === "unclear" && known === undefined && (await findEngine(session, request)) === 1)
		return conclude(await readAs(session, request, 1));
	if (answer.reading.kind !== "unclear") rememberEngine(session, request.settings, answer);
	return conclude(answer);
}

/**
 * The version of the engine that a secret lies in, by setting, by an earlier answer, or by asking.
 * @throws {DstaError} DSTA_UNAVAILABLE or DSTA_TIMEOUT
 */
export async function findEngine(session: Session, request: SecretRequest): Promise<KvVersion> {
	const key = engineKey(request.settings);
	const known = knownEngine(session, request.settings);
	if ((await known) !== undefined) return known as Promise<KvVersion>;
	const asked = session.engines.get(key) ?? askEngine(session, request);
	session.engines.set(key, asked);
	// What was wrong may be right the next time.
	asked.catch(() => session.engines.delete(key));
	return asked;
}

interface Answer {
	readonly kv: KvVersion;
	readonly target: Target;
	readonly response: ApiResponse;
	readonly reading: KvReading;
}

async function readAs(session: Session, request: SecretRequest, kv: KvVersion): Promise<Answer> {
	const { secret, settings, signal, version } = request;
	const apiPath = kvPath(settings.mount, kv === 2 ? "data" : "", secret);
	const target: Target = { settings, apiPath, path: request.path, capability: "read" };
	const query = kv === 2 && version !== undefined ? `?version=${version}` : "";
	const path = encodePath(apiPath) + query;
	const response = await session.ask(target, { method: "GET", path, namespace: settings.namespace, signal });
	return { kv, target, response, reading: kv === 2 ? readV2(response) : readV1(response) };
}

function conclude({ reading, response, target }: Answer): Secret | undefined {
	if (reading.kind === "found")
		return { content: reading.content, location: target.apiPath, version: reading.version };
	if (reading.kind === "absent" || (reading.kind === "unclear" && response.status === 404)) return undefined;
	throw failureOf(response, target);
}

function knownEngine(session: Session, settings: VaultSettings): KvVersion | Promise<KvVersion> | undefined {
	return settings.kv === "auto" ? session.engines.get(engineKey(settings)) : settings.kv;
}

function rememberEngine(session: Session, settings: VaultSettings, { kv, reading }: Answer): void {
	if (reading.kind !== "failed") session.engines.set(engineKey(settings), Promise.resolve(kv));
}

function engineKey({ mount, namespace }: VaultSettings): string {
	return `${namespace}\n${mount}`;
}

// What the vault command asks before each of its kv commands: it needs no more than some access below the mount.
async function askEngine(session: Session, request: SecretRequest): Promise<KvVersion> {
	const { secret, settings, signal } = request;
	const apiPath = `sys/internal/ui/mounts/${settings.mount}/${secret}`;
	const target: Target = { settings, apiPath, path: request.path, capability: "read" };
	const path = encodePath(apiPath);
	const { body, status } = await session.ask(target, {
		method: "GET",
		path,
		namespace: settings.namespace,
		signal,
	});
	const data = body?.data as { readonly [key: string]: SecretValue } | undefined;
	const options = data?.options as { readonly version?: SecretValue } | null | undefined;
	if (status !== 200 || data === undefined) return 2;
	return String(options?.version) === "2" ? 2 : 1;
}

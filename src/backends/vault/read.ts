import type { SecretValue } from "../backend.ts";
import { isObject } from "../select.ts";
import { encodePath, kvPath } from "./api-path.ts";
import type { ApiResponse } from "./client.ts";
import { failureOf, noVersions, type Target } from "./failure.ts";
import { type KvReading, type KvVersion, readV1, readV2 } from "./kv.ts";
import type { Session } from "./session.ts";
import type { VaultSettings } from "./settings.ts";

export interface Secret {
	readonly content: SecretValue;
	/** The path in Vault's API. */
	readonly location: string;
	readonly version?: string | undefined;
	readonly createdAt?: Date | undefined;
}

/** What a change of a secret starts from: both from one answer, so that nobody's change falls in between. */
export interface State {
	/** `undefined`: it is not there, or deleted. */
	readonly content?: SecretValue | undefined;
	/** The latest version, be it deleted; `undefined`: there is none, or the engine keeps none. */
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
	const known = knownEngine(session, request.settings);
	const answer = await readAs(session, request, known ?? 2);
	if (known !== undefined) return conclude(answer);
	const isClear = answer.reading.kind === "found" || answer.reading.kind === "absent";
	if (isClear) session.engines.set(engineKey(request.settings), 2);
	else if (answer.reading.kind === "unclear" && (await findEngine(session, request)) === 1)
		return conclude(await readAs(session, request, 1));
	return conclude(answer);
}

/**
 * Reads what a change of a secret starts from, in an engine whose version is known.
 * @throws {DstaError} as `readSecret`
 */
export async function readState(session: Session, request: SecretRequest, kv: KvVersion): Promise<State> {
	const answer = await readAs(session, request, kv);
	const { reading } = answer;
	return conclude(answer) ?? (reading.kind === "absent" ? { version: reading.version } : {});
}

/**
 * The version of the engine that a secret lies in, by setting, by an earlier answer, or by asking; 2 where nobody says.
 * @throws {DstaError} DSTA_UNAVAILABLE, DSTA_TIMEOUT or DSTA_CONFIG
 */
export async function findEngine(session: Session, request: SecretRequest): Promise<KvVersion> {
	const { settings, signal } = request;
	const known = knownEngine(session, settings);
	if (known !== undefined) return known;
	const key = engineKey(settings);
	const lookups = session.lookups(signal);
	const asked = lookups.get(key) ?? askEngine(session, request);
	lookups.set(key, asked);
	// What was wrong may be right the next time.
	asked.catch(() => lookups.delete(key));
	const found = await asked;
	if (found !== undefined) session.engines.set(key, found);
	return found ?? 2;
}

interface Answer {
	readonly target: Target;
	readonly response: ApiResponse;
	readonly reading: KvReading;
}

async function readAs(session: Session, request: SecretRequest, kv: KvVersion): Promise<Answer> {
	const { secret, settings, signal, version } = request;
	const apiPath = kvPath(settings.mount, kv === 2 ? "data" : "", secret);
	const target: Target = { settings, apiPath, path: request.path, capability: "read" };
	if (kv === 1 && version !== undefined) throw noVersions(target);
	const query = kv === 2 && version !== undefined ? `?version=${version}` : "";
	const path = encodePath(apiPath) + query;
	const response = await session.ask(target, { method: "GET", path, namespace: settings.namespace, signal });
	return { target, response, reading: kv === 2 ? readV2(response) : readV1(response) };
}

function conclude({ reading, response, target }: Answer): Secret | undefined {
	if (reading.kind === "found") {
		const { content, createdAt, version } = reading;
		return { content, location: target.apiPath, version, createdAt };
	}
	if (reading.kind === "absent" || (reading.kind === "unclear" && response.status === 404)) return undefined;
	throw failureOf(response, target);
}

function knownEngine(session: Session, settings: VaultSettings): KvVersion | undefined {
	return settings.kv === "auto" ? session.engines.get(engineKey(settings)) : settings.kv;
}

function engineKey({ mount, namespace }: VaultSettings): string {
	return `${namespace}\n${mount}`;
}

// What the vault command asks before each of its kv commands: it needs no more than some access below the mount.
async function askEngine(session: Session, request: SecretRequest): Promise<KvVersion | undefined> {
	const { secret, settings, signal } = request;
	const apiPath = `sys/internal/ui/mounts/${settings.mount}/${secret}`;
	const target: Target = { settings, apiPath, path: request.path, capability: "read" };
	const path = encodePath(apiPath);
	const response = await session.ask(target, { method: "GET", path, namespace: settings.namespace, signal });
	// No access below the mount, or a proxy that lets none but secrets through.
	if (response.status === 403 || response.status === 404) return undefined;
	const data = response.body?.data;
	if (response.status !== 200 || !isObject(data)) throw failureOf(response, target);
	return isObject(data.options) && String(data.options.version) === "2" ? 2 : 1;
}

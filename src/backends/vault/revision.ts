import { now } from "../../clock.ts";
import type { Backend, Revision } from "../backend.ts";
import { perSignal } from "../per-signal.ts";
import { isObject } from "../select.ts";
import { encodePath, kvPath } from "./api-path.ts";
import { type ApiResponse, errorsOf } from "./client.ts";
import { failureOf, type Target } from "./failure.ts";
import { versionText } from "./kv.ts";
import { findEngine, type SecretRequest } from "./read.ts";
import { toVersion } from "./reader.ts";
import type { Session } from "./session.ts";
import { overrideSettings } from "./settings.ts";

/** So long it is not asked again for metadata that the policy does not grant: the policy may be another one by then. */
const REFUSED_MS = 3_600_000;

/** Makes what tells by the metadata of secrets whether they may have changed. Paths of one secret share a request, as reads do. */
export function createRevision(session: Session): NonNullable<Backend["revision"]> {
	const askedUnder = perSignal(() => new Map<string, Promise<Revision>>());
	/** Until when nobody is asked for the metadata of a secret, on the clock of `now`. */
	const refused = new Map<string, number>();

	async function ask(key: string, request: SecretRequest): Promise<Revision> {
		if ((await findEngine(session, request)) === 1 || now() < (refused.get(key) ?? 0)) return UNKNOWN;
		const revision = await readMetadata(session, request);
		if (revision.kind === "unknown") refused.set(key, now() + REFUSED_MS);
		return revision;
	}

	return async ({ overrides, path, version }, signal) => {
		const settings = overrideSettings(session.settings, overrides);
		if (version !== undefined)
			return { kind: "known", text: `version ${toVersion(version, path, settings)}` };
		const { secret, text } = path;
		const key = JSON.stringify([settings.namespace, settings.mount, settings.kv, secret]);
		const asked = askedUnder(signal);
		const revision =
			asked.get(key) ?? ask(key, { settings, secret, path: text, signal }).finally(() => asked.delete(key));
		asked.set(key, revision);
		return revision;
	};
}

const UNKNOWN: Revision = { kind: "unknown" };

async function readMetadata(session: Session, request: SecretRequest): Promise<Revision> {
	const { path, secret, settings, signal } = request;
	const { mount, namespace } = settings;
	const apiPath = kvPath(mount, "metadata", secret);
	const target: Target = { settings, apiPath, path, capability: "read" };
	const response = await session.ask(target, { method: "GET", path: encodePath(apiPath), namespace, signal });
	if (response.status === 404 && errorsOf(response)?.length === 0) return { kind: "absent" };
	const revision = response.status === 200 ? revisionOf(response) : undefined;
	if (revision !== undefined) return revision;
	const failure = failureOf(response, target);
	// To read metadata is another right than to read data, which will show whether the token is accepted.
	if (failure.code === "DSTA_DENIED" && errorsOf(response) !== undefined) return UNKNOWN;
	throw failure;
}

// A secret that was destroyed and written anew counts its versions from 1, at another time.
function revisionOf({ body, headers }: ApiResponse): Revision | undefined {
	const { current_version: current, versions } = isObject(body?.data) ? body.data : {};
	const number = versionText(current);
	if (number === undefined || !isObject(versions)) return undefined;
	const version = versions[number];
	if (!isObject(version) || version.destroyed === true) return { kind: "absent" };
	const { created_time: createdAt, deletion_time: deletedAt } = version;
	if (isPast(String(deletedAt), headers)) return { kind: "absent" };
	return { kind: "known", text: `version ${number} of ${createdAt}` };
}

// It may be set for a later time, on the clock of the server, which tells whole seconds.
function isPast(time: string, { date = "" }: ApiResponse["headers"]): boolean {
	const nowMs = Date.parse(date) || Date.now();
	return Math.floor(Date.parse(time) / 1000) <= Math.floor(nowMs / 1000);
}

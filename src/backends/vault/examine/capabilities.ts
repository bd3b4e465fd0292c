import type { Observation, ReadRequest, SecretValue } from "../../backend.ts";
import { isObject } from "../../select.ts";
import { failureOf, type Target } from "../failure.ts";
import { planPolicy, type Stanza } from "../policy.ts";
import { findEngine } from "../read.ts";
import type { Session } from "../session.ts";
import { isRaw, overrideSettings } from "../settings.ts";
import { unknownToken } from "./token.ts";

/**
 * What the token may do at each path of a map, by one question for all of them.
 * @throws {DstaError} as `Backend.read`
 */
export async function observeCapabilities(
	requests: readonly ReadRequest[],
	session: Session,
	signal: AbortSignal,
): Promise<readonly Observation[]> {
	const { login, settings } = session;
	const known = await Promise.all(requests.map((request) => withEngine(request, session, signal)));
	const place = { ...settings, namespace: (login ?? settings).namespace };
	const { namespace, stanzas } = planPolicy(known, {
		place: settings,
		tokenNamespace: place.namespace,
		isRevoked: settings.revoke,
	});
	const needed = stanzas.filter(({ fault }) => fault === undefined);
	if (needed.length === 0) return [{ severity: "ok", message: "the map asks Vault for nothing" }];
	const apiPath = "sys/capabilities-self";
	const target: Target = { settings: place, apiPath, path: apiPath, capability: "update" };
	const response = await session.ask(target, {
		method: "POST",
		path: apiPath,
		namespace,
		repeat: "always",
		body: { paths: needed.map(({ path }) => path) },
		signal,
	});
	const data = response.body?.data ?? response.body;
	if (response.status === 403) {
		if (await session.isTokenOver(signal)) throw unknownToken(session);
		return [
			{
				severity: "info",
				message:
					"what the token may do cannot be asked: its policies leave out sys/capabilities-self, which the default policy grants",
			},
		];
	}
	if (response.status !== 200 || !isObject(data)) throw failureOf(response, target);
	const lacking = needed.flatMap((stanza) =>
		missingAt(stanza, data[stanza.path], { ...target, path: stanza.path }),
	);
	if (lacking.length > 0) return lacking;
	const count = needed.length === 1 ? "the one path" : `all ${needed.length} paths`;
	return [{ severity: "ok", message: `the token may do what the map needs at ${count}` }];
}

async function withEngine(request: ReadRequest, session: Session, signal: AbortSignal): Promise<ReadRequest> {
	if (isRaw(request.overrides)) return request;
	const { path } = request;
	const settings = overrideSettings(session.settings, request.overrides);
	const kv = await findEngine(session, { settings, secret: path.secret, path: path.text, signal });
	return { ...request, overrides: { ...request.overrides, kv } };
}

// In the words of the refusal that a run would meet.
function missingAt(
	{ capabilities, path: apiPath }: Stanza,
	granted: SecretValue | undefined,
	target: Target,
): readonly Observation[] {
	const has = Array.isArray(granted) ? granted : [];
	if (has.includes("root")) return [];
	return capabilities
		.filter((capability) => !has.includes(capability))
		.map((capability) => {
			const refusal = { status: 403, body: { errors: ["permission denied"] }, headers: {} };
			const about = { ...target, apiPath, capability: capability === "create" ? "update" : capability };
			const { code, cure, message, path } = failureOf(refusal, about);
			return { severity: "error", message, cure, path, code };
		});
}

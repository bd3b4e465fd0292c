import type { Observation, ReadRequest, SecretValue } from "../../backend.ts";
import { isObject } from "../../select.ts";
import { failureOf, type Target } from "../failure.ts";
import { planPolicy, type Stanza, type VaultPolicy } from "../policy.ts";
import { findEngine } from "../read.ts";
import type { Session } from "../session.ts";
import { isRaw, type KvPlace, overrideSettings, tokenPlace, vaultCommand } from "../settings.ts";
import { isSeen, seenEngines } from "./engines.ts";
import { unknownToken } from "./token.ts";

/**
 * What the token may do at each path of a map, by one question for all of them.
 * @throws {DstaError} as `Backend.read`
 */
export async function observeCapabilities(
	{ isWatched, requests }: Needs,
	session: Session,
	signal: AbortSignal,
): Promise<readonly Observation[]> {
	const { settings } = session;
	const engines = await seenEngines(requests, session, signal);
	const placed = requests.filter((request) => isSeen(request, session, engines));
	const known = await Promise.all(placed.map((request) => withEngine(request, session, signal)));
	const place = tokenPlace(settings);
	const plan = { place: settings, tokenNamespace: place.namespace, isRevoked: settings.revoke };
	const { namespace, stanzas } = planPolicy(known, plan);
	const needed = stanzas.filter(({ fault }) => fault === undefined);
	const watched = isWatched ? metadataOf(planPolicy(known, { ...plan, isWatched }), stanzas) : [];
	// What is left out is told with the engines.
	const well = (message: string): readonly Observation[] =>
		placed.length < requests.length ? [] : [{ severity: "ok", message }];
	if (needed.length === 0) return well("the map asks Vault for nothing");
	const apiPath = "sys/capabilities-self";
	const target: Target = { settings: place, apiPath, path: apiPath, capability: "update" };
	const response = await session.ask(target, {
		method: "POST",
		path: apiPath,
		namespace,
		repeat: "always",
		body: { paths: [...needed, ...watched].map(({ path }) => path) },
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
	const hidden = watched.filter((stanza) => missing(stanza, data[stanza.path]).length > 0);
	if (lacking.length + hidden.length > 0) return [...lacking, ...unwatchable(hidden, place)];
	const count = needed.length === 1 ? "the one path" : `all ${needed.length} paths`;
	return well(`the token may do what the map needs at ${count}`);
}

/** What a map asks for, and whether a run goes on to look for changes of it. */
export interface Needs {
	readonly requests: readonly ReadRequest[];
	readonly isWatched: boolean;
}

// What a watch asks for beside the secrets themselves.
function metadataOf({ stanzas }: VaultPolicy, known: readonly Stanza[]): readonly Stanza[] {
	const paths = new Set(known.map(({ path }) => path));
	return stanzas.filter(({ fault, path }) => fault === undefined && !paths.has(path));
}

function unwatchable(hidden: readonly Stanza[], place: KvPlace): readonly Observation[] {
	const [first, ...others] = hidden;
	if (first === undefined) return [];
	const more = others.length === 0 ? "" : ` and ${others.length} more`;
	return [
		{
			severity: "warning",
			message: `the token may not read ${first.path}${more}, by which run.watch sees changes: each poll reads the secrets themselves`,
			cure: policyAdvice(place),
		},
	];
}

// That it is known and has not expired is seen by then.
function policyAdvice(place: KvPlace): string {
	const vault = vaultCommand(place);
	return `Where path and mount are right, give the token's policy what the map needs (dsta-run policy vault | ${vault} policy write dsta-policy -), and make a token with it (${vault} token create -policy=dsta-policy) or name it in the role of vault.auth.`;
}

function missing({ capabilities }: Stanza, granted: SecretValue | undefined): Stanza["capabilities"] {
	const has = Array.isArray(granted) ? granted : [];
	return has.includes("root") ? [] : capabilities.filter((capability) => !has.includes(capability));
}

async function withEngine(request: ReadRequest, session: Session, signal: AbortSignal): Promise<ReadRequest> {
	if (isRaw(request.overrides)) return request;
	const { path } = request;
	const settings = overrideSettings(session.settings, request.overrides);
	const kv = await findEngine(session, { settings, secret: path.secret, path: path.text, signal });
	return { ...request, overrides: { ...request.overrides, kv } };
}

// In the words of the refusal that a run would meet.
function missingAt(stanza: Stanza, granted: SecretValue | undefined, target: Target): readonly Observation[] {
	return missing(stanza, granted).map((capability) => {
		const refusal = { status: 403, body: { errors: ["permission denied"] }, headers: {} };
		const about = {
			...target,
			apiPath: stanza.path,
			capability: capability === "create" ? "update" : capability,
		} as const;
		const { code, message, path } = failureOf(refusal, about);
		return { severity: "error", message, cure: policyAdvice(target.settings), path, code };
	});
}

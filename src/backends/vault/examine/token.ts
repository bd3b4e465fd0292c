import { DstaError } from "../../../errors.ts";
import type { Observation } from "../../backend.ts";
import { shellWord } from "../../shell.ts";
import { lookUpToken } from "../check.ts";
import { failureOf, type Target } from "../failure.ts";
import type { Metadata } from "../metadata.ts";
import type { Session } from "../session.ts";
import { tokenPlace, trimSlashes, vaultCommand } from "../settings.ts";

const API_PATH = "auth/token/lookup-self";

/** Where a token lies that nothing else says the place of. */
const TOKEN_FILE = "~/.vault-token";

/** With less of its life left than this a token that nobody renews is soon a reason for a call at night. */
const SHORT_S = 24 * 3600;

/**
 * What the token may, and for how long.
 * @throws {DstaError} as `lookUpToken`
 */
export async function observeToken(session: Session, signal: AbortSignal): Promise<readonly Observation[]> {
	try {
		return describeToken(await lookUpToken(session, signal), session);
	} catch (error) {
		if (!(error instanceof DstaError) || error.failureClass !== "denied") throw error;
		const foreign = await findElsewhere(session, signal);
		if (foreign === undefined) throw unknownToken(session);
		return [foreign];
	}
}

/** The failure of a token that may not even ask what it is. */
export function unknownToken({ login, settings }: Session): DstaError {
	const place = tokenPlace(settings);
	const answer = { status: 403, body: { errors: ["invalid token"] }, headers: {} };
	const failure = failureOf(answer, {
		settings: place,
		apiPath: API_PATH,
		path: API_PATH,
		capability: "read",
	});
	// Where it is in a variable the cure names that already.
	if (login !== undefined || settings.tokenVariable !== undefined) return failure;
	const { backend = "vault", code, cure, message, path = API_PATH } = failure;
	return new DstaError(code, `${message} in ${TOKEN_FILE}`, { backend, path, cure });
}

function describeToken(data: Metadata, session: Session): readonly Observation[] {
	const policies = [data.policies, data.identity_policies].flatMap((list) =>
		Array.isArray(list) ? list.map(String) : [],
	);
	const ttlS = Number(data.ttl ?? 0);
	const traits = [
		ttlS === 0 ? "it has no end" : `${lifeWords(ttlS)} left`,
		data.renewable === true ? "renewable" : "not renewable",
		...(data.orphan === true ? ["an orphan: it outlives the token that made it"] : []),
	];
	const message = `the token has the policies ${policies.join(", ") || "(none)"}; ${traits.join(", ")}`;
	return [{ severity: "ok", message }, ...warnings(data, { policies, session, ttlS })];
}

interface Known {
	readonly policies: readonly string[];
	readonly ttlS: number;
	readonly session: Session;
}

function* warnings(
	data: Metadata,
	{ policies, session: { login, settings }, ttlS }: Known,
): Generator<Observation> {
	const { tokenVariable } = settings;
	const home = trimSlashes(String(data.namespace_path ?? ""));
	const asked = settings.namespace;
	const vault = vaultCommand(tokenPlace(settings));
	if (home !== "" && asked !== home && !asked.startsWith(`${home}/`))
		yield {
			severity: "error",
			message: `the token is of namespace ${home}, and secrets are asked for in ${asked === "" ? "none" : `namespace ${asked}`}`,
			cure: `Set ${settings.namespaceOrigin} to ${home}, or make a token in a namespace that has both below it.`,
			code: "DSTA_DENIED",
		};
	if (policies.includes("root"))
		yield {
			severity: "warning",
			message: "the token is a root token, which may do everything",
			cure: `Make one that may do what the map needs and no more: dsta-run policy vault | ${vault} policy write dsta-policy - && ${vault} token create -policy=dsta-policy`,
		};
	// What a login has made is made again.
	if (login === undefined && ttlS > 0 && ttlS < SHORT_S)
		yield {
			severity: "warning",
			message: `the token in ${tokenVariable ?? TOKEN_FILE} ends in ${lifeWords(ttlS)}, and nothing makes another`,
			cure: `${data.renewable === true ? `Renew it (${vault} token renew), or let` : "Let"} dsta-run log in by itself: vault.auth in the map.`,
		};
	if (Number(data.num_uses ?? 0) > 0)
		yield {
			severity: "warning",
			message: `the token is over after ${String(data.num_uses)} more requests`,
			cure: `Make one without a limit of uses: ${vault} token create -use-limit=0, or secret_id_num_uses and token_num_uses of 0 in the role.`,
		};
}

// Vault Enterprise refuses a good token alike where the namespace does not exist.
async function findElsewhere(session: Session, signal: AbortSignal): Promise<Observation | undefined> {
	const { settings } = session;
	const { namespace } = tokenPlace(settings);
	const origin = namespace === settings.namespace ? settings.namespaceOrigin : "vault.auth.namespace";
	if (namespace === "") return undefined;
	const target: Target = { settings, apiPath: API_PATH, path: API_PATH, capability: "read" };
	const { status } = await session.exchange(target, { method: "GET", path: API_PATH, namespace: "", signal });
	if (status !== 200) return undefined;
	return {
		severity: "error",
		message: `Permission denied: Vault at ${settings.address} takes the token, but not in namespace ${namespace}`,
		cure: `Set ${origin} to the namespace of the token, or to nothing for none, or make a token in ${namespace}: VAULT_NAMESPACE=${shellWord(namespace)} vault token create -policy=dsta-policy`,
		code: "DSTA_DENIED",
	};
}

function lifeWords(seconds: number): string {
	if (seconds >= 2 * 86_400) return `${Math.floor(seconds / 86_400)} days`;
	if (seconds >= 2 * 3600) return `${Math.floor(seconds / 3600)} h`;
	return seconds >= 120 ? `${Math.floor(seconds / 60)} min` : `${seconds} s`;
}

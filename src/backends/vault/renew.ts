import { DstaError } from "../../errors.ts";
import type { SecretValue } from "../backend.ts";
import { isObject } from "../select.ts";
import { shellWord } from "../shell.ts";
import { type ApiResponse, errorsOf } from "./client.ts";
import { failureOf, type Target } from "./failure.ts";
import { type KeepAliveOptions, keepAlive, type Renewable } from "./keep-alive.ts";
import { type OwnToken, readTerm, type Term, type VaultLease } from "./lease.ts";
import type { Session } from "./session.ts";

/** Keeps leases alive from now on, and our own token, with which they would end. */
export function keepLeasesAlive(
	session: Session,
	leases: readonly VaultLease[],
	options: KeepAliveOptions,
): void {
	const ownToken = session.login?.ownToken();
	const renewables = leases.map((lease) => toRenewable(session, lease));
	if (ownToken !== undefined) renewables.push(toRenewableToken(session, ownToken));
	for (const renewable of renewables) if (renewable.lifeMs > 0) void keepAlive(renewable, options);
}

function toRenewable(session: Session, lease: VaultLease): Renewable {
	const { apiPath, id, lifeMs, namespace } = lease;
	const body = { lease_id: id, increment: lifeMs / 1000 };
	const request = { path: "sys/leases/renew", of: apiPath, namespace, body };
	return {
		...lease,
		path: apiPath,
		renew: (signal) => renew(session, request, signal),
		onRenewed(endsAt) {
			lease.endsAt = endsAt;
		},
	};
}

function toRenewableToken(session: Session, token: OwnToken): Renewable {
	const body = { increment: token.lifeMs / 1000 };
	const request = { path: "auth/token/renew-self", of: "the token", namespace: token.namespace, body };
	return { ...token, path: request.of, renew: (signal) => renew(session, request, signal) };
}

interface Renewal {
	/** The path in Vault's API by which it is renewed. */
	readonly path: string;
	/** What is renewed. */
	readonly of: string;
	readonly namespace: string;
	readonly body: SecretValue;
}

async function renew(
	{ ask, settings }: Session,
	{ body, namespace, of, path }: Renewal,
	signal: AbortSignal,
): Promise<Term["lifeMs"]> {
	const target: Target = { settings, apiPath: path, path: of, capability: "update" };
	const response = await ask(target, { method: "POST", path, namespace, body, signal });
	if (response.status === 200 && response.body !== undefined) {
		const { auth } = response.body;
		return readTerm(isObject(auth) ? auth : response.body, 0).lifeMs;
	}
	if (isUnknown(response)) return 0;
	throw response.status === 400 ? refusal(target) : failureOf(response, target);
}

function refusal({ path, settings }: Target): DstaError {
	return new DstaError("DSTA_CONFIG", `Vault at ${settings.address} refuses to renew it (HTTP 400)`, {
		backend: "vault",
		path,
		cure: `See whether the engine renews what it gives: vault path-help ${shellWord(path)}`,
	});
}

function isUnknown(response: ApiResponse): boolean {
	const errors = errorsOf(response) ?? [];
	return errors.some((error) => /lease (?:not found|expired)|invalid lease/i.test(error));
}

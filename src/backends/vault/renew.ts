import { DstaError } from "../../errors.ts";
import type { LeaseNews, SecretValue } from "../backend.ts";
import { isObject } from "../select.ts";
import { shellWord } from "../shell.ts";
import { type ApiResponse, errorsOf } from "./client.ts";
import { failureOf, type Target } from "./failure.ts";
import { type KeepAliveOptions, keepAlive, type Renewable } from "./keep-alive.ts";
import { readTerm, type Term, type VaultLease } from "./lease.ts";
import type { Leases } from "./leases.ts";
import type { Login } from "./login/login.ts";
import type { Session } from "./session.ts";
import { vaultCommand } from "./settings.ts";

/** Makes what keeps a lease alive from now on, and our own token, with which it would end. */
export function createKeeper(
	session: Session,
	leases: Leases,
	{ onNews, signal }: KeepAliveOptions,
): (lease: VaultLease) => void {
	let kept: { readonly term: Term; readonly ending: AbortController } | undefined;

	function keepToken(login: Login, term: Term): void {
		if (term === kept?.term) return;
		kept?.ending.abort();
		const ending = new AbortController();
		kept = { term, ending };
		const token = toRenewableToken(session, login.namespace, term);
		start(token, AbortSignal.any([signal, ending.signal]), (leftMs) => {
			login.replace();
			for (const lease of leases.held) leases.end(lease, leftMs);
		});
	}

	function start(renewable: Renewable, signal: AbortSignal, onEnding: (leftMs: number) => void): void {
		if (renewable.lifeMs === 0) return;
		const hear = (news: LeaseNews) => {
			if (news.kind === "ending") onEnding(news.leftMs);
			onNews(news);
		};
		void keepAlive(renewable, { onNews: hear, signal });
	}

	return (lease) => {
		start(toRenewable(session, lease), signal, (leftMs) => leases.end(lease, leftMs));
		const { login } = session;
		const term = login?.ownTerm();
		if (login !== undefined && term !== undefined) keepToken(login, term);
	};
}

function toRenewable(session: Session, lease: VaultLease): Renewable {
	const { apiPath, id, lifeMs, namespace } = lease;
	const body = { lease_id: id, increment: lifeMs / 1000 };
	const look = `path-help ${shellWord(apiPath)}`;
	const request = { path: "sys/leases/renew", of: apiPath, look, namespace, body };
	return {
		...lease,
		path: apiPath,
		renew: (signal) => renew(session, request, signal),
		onRenewed(endsAt) {
			lease.endsAt = endsAt;
		},
	};
}

function toRenewableToken(session: Session, namespace: string, term: Term): Renewable {
	const body = { increment: term.lifeMs / 1000 };
	const request = {
		path: "auth/token/renew-self",
		of: "the token",
		look: "token lookup",
		namespace,
		body,
	};
	return { ...term, path: request.of, renew: (signal) => renew(session, request, signal) };
}

interface Renewal {
	/** The path in Vault's API by which it is renewed. */
	readonly path: string;
	/** What is renewed. */
	readonly of: string;
	/** The subcommand of the vault program that shows whether it can be. */
	readonly look: string;
	readonly namespace: string;
	readonly body: SecretValue;
}

async function renew(
	{ ask, settings }: Session,
	{ body, look, namespace, of, path }: Renewal,
	signal: AbortSignal,
): Promise<Term["lifeMs"]> {
	const target: Target = {
		settings: { ...settings, namespace },
		apiPath: path,
		path: of,
		capability: "update",
	};
	const response = await ask(target, { method: "POST", path, namespace, body, signal });
	if (response.status === 200 && response.body !== undefined) {
		const { auth } = response.body;
		return readTerm(isObject(auth) ? auth : response.body, 0).lifeMs;
	}
	if (isUnknown(response)) return 0;
	throw response.status === 400 ? refusal(target, look) : failureOf(response, target);
}

function refusal({ path, settings }: Target, look: string): DstaError {
	return new DstaError("DSTA_CONFIG", `Vault at ${settings.address} refuses to renew it (HTTP 400)`, {
		backend: "vault",
		path,
		cure: `See whether it can be renewed at all: ${vaultCommand(settings)} ${look}`,
	});
}

function isUnknown(response: ApiResponse): boolean {
	const errors = errorsOf(response) ?? [];
	return errors.some((error) => /lease (?:not found|expired)|invalid lease/i.test(error));
}

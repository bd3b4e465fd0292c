import type { ApiResponse } from "./client.ts";

/** The time that something has at Vault. */
export interface Term {
	/** How long it was given for; 0: without an end. */
	readonly lifeMs: number;
	readonly isRenewable: boolean;
	/** On the clock of `now`; later with each renewal. */
	endsAt: number;
}

/** What Vault has lent for a time: https://developer.hashicorp.com/vault/docs/concepts/lease */
export interface VaultLease extends Term {
	readonly id: string;
	/** What was asked for it, in Vault's API: `database/creds/app`. */
	readonly apiPath: string;
	readonly namespace: string;
	/** When it is over for good, once nothing makes it longer, on the clock of `now`. */
	overAt?: number;
}

/** The lease of an answer to a request that was sent at `sentAt`; `undefined` where there is none. */
export function readLease(
	{ body }: ApiResponse,
	{ sentAt, ...asked }: Pick<VaultLease, "apiPath" | "namespace"> & { readonly sentAt: number },
): VaultLease | undefined {
	const id = body?.lease_id;
	return typeof id === "string" && id !== "" ? { id, ...asked, ...readTerm(body, sentAt) } : undefined;
}

/**
 * The term in an answer: of a lease beside its data, of a token under `auth`. It may have begun as soon as the request was
 * sent, on the clock of `now`.
 */
export function readTerm(part: ApiResponse["body"], sentAt: number): Term {
	const seconds = part?.lease_duration;
	const lifeMs = typeof seconds === "number" && seconds > 0 ? seconds * 1000 : 0;
	return { lifeMs, isRenewable: part?.renewable === true, endsAt: sentAt + lifeMs };
}

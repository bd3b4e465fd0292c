import { DstaError } from "../../errors.ts";
import type { TransportError } from "../transport.ts";
import type { ApiResponse } from "./client.ts";
import { connectionCure, connectionReason, generalCure, placeOf, probeOf } from "./connection-cure.ts";
import type { Target } from "./failure.ts";
import { retryAfterMs } from "./retry.ts";

/** The failure of a request that got no answer. */
export function transportFailure({ code }: TransportError, target: Target): DstaError {
	const { settings } = target;
	if (code === "NO_ANSWER") return timeoutFailure(target, undefined);
	return notAvailable(
		`${connectionReason(code, settings)} (${placeOf(settings)})`,
		target,
		connectionCure(code, settings),
	);
}

/** The failure of a request that was given up because its time was over, after another that an earlier attempt met. */
export function timeoutFailure(target: Target, earlier: DstaError | undefined): DstaError {
	const place = placeOf(target.settings);
	if (earlier !== undefined && earlier.code !== "DSTA_TIMEOUT")
		return timedOut(`${earlier.message}, and no better answer in time`, target, earlier.cure);
	return timedOut(
		`Vault not available: no answer in time from ${place}`,
		target,
		`Check that ${place} is reachable from here (${probeOf(target.settings)}), or raise vault.timeout and vault.attempt_timeout in the map, or --timeout.`,
	);
}

/** The failure of a request whose answer is none of Vault's, or one that Vault gives for now. */
export function answerFailure(response: ApiResponse, reason: string, target: Target): DstaError {
	return notAvailable(
		`${reason}${patienceOf(response)} (${target.settings.address})`,
		target,
		generalCure(target.settings),
	);
}

/** The failure of a request while a rate limit of the server is exceeded. */
export function tooManyRequests(response: ApiResponse, target: Target): DstaError {
	return notAvailable(
		`too many requests (HTTP 429)${patienceOf(response)} (${target.settings.address})`,
		target,
		"Try again later, or raise the quota: VAULT_NAMESPACE= vault list sys/quotas/rate-limit",
	);
}

/** The failure of a request to a sealed server. */
export function sealed(target: Target): DstaError {
	const { address } = target.settings;
	return notAvailable(
		`${address} is sealed`,
		target,
		`Unseal it: VAULT_ADDR=${address} VAULT_NAMESPACE= vault operator unseal`,
	);
}

/** The failure of a request that a standby answers itself. */
export function standby({ status }: ApiResponse, target: Target): DstaError {
	const { address, origin } = target.settings;
	return notAvailable(
		`${address} is a standby (HTTP ${status})`,
		target,
		`Find the active server (VAULT_ADDR=${address} vault status) and set ${origin} to it, or to the address of the whole cluster.`,
	);
}

/** The failure of a request that the server sends to another one. */
export function redirectedElsewhere(to: string, target: Target): DstaError {
	const { address, origin } = target.settings;
	const isDowngrade = address.startsWith("https:") && to.startsWith("http:");
	return notAvailable(
		`${address} redirects to ${to}`,
		target,
		isDowngrade
			? `The token is never sent to another address, nor in clear. Ask who runs ${address} why it redirects to ${to}.`
			: `The token is never sent to another address. If ${to} is the active Vault, set ${origin} to it.`,
	);
}

function timedOut(message: string, { path }: Target, cure: string): DstaError {
	return new DstaError("DSTA_TIMEOUT", message, { backend: "vault", path, cure });
}

function notAvailable(reason: string, { path }: Target, cure: string): DstaError {
	return new DstaError("DSTA_UNAVAILABLE", `Vault not available: ${reason}`, {
		backend: "vault",
		path,
		cure,
	});
}

function patienceOf(response: ApiResponse): string {
	const ms = retryAfterMs(response) ?? 0;
	return ms === 0 ? "" : `, ask again in ${Math.ceil(ms / 1000)} s`;
}

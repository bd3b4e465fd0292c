import { DstaError } from "../../errors.ts";
import { connectionWords } from "../connection.ts";
import type { TransportError } from "../transport.ts";
import type { ApiResponse } from "./client.ts";
import type { Target } from "./failure.ts";
import { retryAfterMs } from "./retry.ts";
import type { VaultSettings } from "./settings.ts";

/** The failure of a request that got no answer. */
export function transportFailure({ code }: TransportError, target: Target): DstaError {
	const { address } = target.settings;
	if (code === "NO_ANSWER") return timeoutFailure(target, undefined);
	return notAvailable(`${connectionWords(code) ?? code} (${address})`, target, cureOf(code, target));
}

/** The failure of a request that was given up because its time was over, after another that an earlier attempt met. */
export function timeoutFailure(target: Target, earlier: DstaError | undefined): DstaError {
	const { address } = target.settings;
	if (earlier !== undefined && earlier.code !== "DSTA_TIMEOUT")
		return timedOut(`${earlier.message}, and no better answer in time`, target, earlier.cure);
	return timedOut(
		`Vault not available: no answer in time from ${address}`,
		target,
		`Check that ${address} is reachable from here (curl ${address}/v1/sys/health), or raise vault.timeout and vault.attempt_timeout in the map, or --timeout.`,
	);
}

/** The failure of a request whose answer is none of Vault's, or one that Vault gives for now. */
export function answerFailure(response: ApiResponse, reason: string, target: Target): DstaError {
	return notAvailable(
		`${reason}${patienceOf(response)} (${target.settings.address})`,
		target,
		generalCure(target),
	);
}

/** The failure of a request while a rate limit of the server is exceeded. */
export function tooManyRequests(response: ApiResponse, target: Target): DstaError {
	return notAvailable(
		`too many requests (HTTP 429)${patienceOf(response)} (${target.settings.address})`,
		target,
		"Try again later, or raise the quota: vault list sys/quotas/rate-limit",
	);
}

/** The failure of a request to a sealed server. */
export function sealed(target: Target): DstaError {
	const { address } = target.settings;
	return notAvailable(
		`${address} is sealed`,
		target,
		`Unseal it: VAULT_ADDR=${address} vault operator unseal`,
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

function cureOf(code: string, target: Target): string {
	const { address, origin } = target.settings;
	const words = connectionWords(code) ?? "";
	const show = `openssl s_client -connect ${hostAndPort(target.settings)} </dev/null | openssl x509 -noout`;
	if (/unknown authority|self-signed/.test(words))
		return "Name the certificate of the authority that signed it, or its own if nobody did: NODE_EXTRA_CA_CERTS=/path/to/ca.pem (in PEM form).";
	if (/expired|not valid yet/.test(words))
		return `Renew it, or set the clock of this machine right (date). What it says: ${show} -dates`;
	if (/another host name/.test(words))
		return `Set ${origin} to a name that it is for: ${show} -ext subjectAltName`;
	if (code === "TLS_EXPECTED") return `Set ${origin} to ${address.replace("http:", "https:")}.`;
	if (/does not speak it/.test(words))
		return `Check the port in ${origin}. A server that really does without TLS, as one in development mode, has the address ${address.replace("https:", "http:")}.`;
	if (/not HTTP/.test(words)) return `Check host and port in ${origin}: ${address}`;
	if (code === "ECONNRESET" && address.startsWith("http:"))
		return `${generalCure(target)} A server with TLS has the address ${address.replace("http:", "https:")}.`;
	return generalCure(target);
}

function generalCure({ settings: { address, origin } }: Target): string {
	return `Check the address (${origin} is ${address}), the server (curl ${address}/v1/sys/health) and the token (vault token lookup).`;
}

function hostAndPort({ address }: VaultSettings): string {
	const { host, port } = new URL(address);
	return port === "" ? `${host}:443` : host;
}

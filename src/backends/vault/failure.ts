import { DstaError } from "../../errors.ts";
import { shellWord } from "../shell.ts";
import { isReached, pathFrom } from "./api-path.ts";
import { type ApiResponse, errorsOf } from "./client.ts";
import { probeOf } from "./connection-cure.ts";
import { saysVersioned } from "./kv.ts";
import { tokenPlace, type VaultSettings, vaultCommand } from "./settings.ts";
import { answerFailure, redirectedElsewhere, sealed, standby, tooManyRequests } from "./unavailable.ts";
import { refusedWrite, saysTooLarge, tooLarge } from "./write-failure.ts";

/** Where a request went, for the words of its failure. */
export interface Target {
	readonly settings: VaultSettings;
	/** The path in Vault's API, decoded: `secret/data/exchange/binance`. */
	readonly apiPath: string;
	/** The secret path that the user asked for, or the secret. */
	readonly path: string;
	readonly capability: "read" | "update" | "patch" | "list";
}

/** The failure that an answer other than success, absence and conflict stands for. */
export function failureOf(response: ApiResponse, target: Target): DstaError {
	const { status } = response;
	const errors = errorsOf(response);
	const said = (pattern: RegExp) => errors?.some((error) => pattern.test(error)) ?? false;
	if (response.redirectedTo !== undefined) return redirectedElsewhere(response.redirectedTo, target);
	if (said(/namespace not found/i)) return noNamespace(target);
	if (status === 401 || status === 403) {
		if (errors === undefined) return deniedByAnother(status, target);
		return said(/invalid token|bad token|token expired/i) ? badToken(target) : denied(target);
	}
	if (status === 404 && said(/no handler for route/i)) return noMount(target);
	if ((status === 404 || status === 405) && said(/unsupported (?:path|operation)/i))
		return noKvEngine(target);
	if (saysVersioned(response)) return otherEngine(target);
	const isWrite = target.capability === "update";
	if (isWrite && saysTooLarge(status, errors)) return tooLarge(target);
	if (status === 400 && errors !== undefined) return isWrite ? refusedWrite(target) : refused(target, errors);
	if (status === 429 && errors !== undefined) return tooManyRequests(response, target);
	if (said(/sealed/i)) return sealed(target);
	// 472 and 473 are what a health check says of standbys, and a load balancer may pass it on.
	if (status === 472 || status === 473 || said(/node not active|standby/i)) return standby(response, target);
	const isVault = status >= 400 && errors !== undefined;
	return answerFailure(
		response,
		`HTTP ${status}${isVault ? "" : " with an answer that is not Vault's"}`,
		target,
	);
}

/** The failure of asking for one version where the engine keeps none. */
export function noVersions({ path, settings }: Target): DstaError {
	return new DstaError(
		"DSTA_CONFIG",
		`The KV engine at ${settings.mount}/ of ${settings.address} has version 1, which keeps no versions of a secret`,
		{
			backend: "vault",
			path,
			cure: `Take version: away from ${path}, or let the engine keep versions: ${vaultCommand(settings)} kv enable-versioning ${shellWord(`${settings.mount}/`)}`,
		},
	);
}

function badToken({ path, settings }: Target): DstaError {
	const vault = vaultCommand(tokenPlace(settings));
	return new DstaError(
		"DSTA_DENIED",
		`Permission denied: Vault at ${settings.address} does not accept the token`,
		{
			backend: "vault",
			path,
			cure: `The token is unknown or has expired. Look at it (${vault} token lookup), or make a new one (${vault} token create -policy=dsta-policy).${replaceAdvice(settings)}`,
		},
	);
}

function denied(target: Target): DstaError {
	const { apiPath, capability, path, settings } = target;
	return new DstaError(
		"DSTA_DENIED",
		`Permission denied: Vault refused to ${capability} ${apiPath}${inNamespace(settings)}`,
		{ backend: "vault", path, cure: deniedCure(target) },
	);
}

function deniedCure({ apiPath, capability, settings }: Target): string {
	const { namespace } = settings;
	const home = tokenPlace(settings);
	if (!isReached(home.namespace, namespace))
		return `The token is of the namespace ${home.namespace}, from which it does not reach ${namespace === "" ? "the root" : namespace}. Set vault.auth.namespace to one that has all of the map's below it.`;
	const vault = vaultCommand(home);
	const policyPath = pathFrom(home.namespace, namespace, apiPath);
	const changes = capability === "read" ? "" : " --rotation";
	// No run lists anything, so that no policy for one grants it.
	const forMap =
		capability === "list"
			? ""
			: `, or have one for the whole map (dsta-run policy vault${changes} > policy.hcl), write it (${vault} policy write dsta-policy policy.hcl) and make a new token (${vault} token create -policy=dsta-policy)`;
	return `See that the token is known and has not expired (${vault} token lookup), and what it may do (${vault} token capabilities ${shellWord(policyPath)}). If it lacks ${capability}, add path "${policyPath}" { capabilities = ["${capability}"] } to its policy${forMap}. A mount and a namespace that do not exist are answered in the same way.${replaceAdvice(settings)}`;
}

function replaceAdvice({ tokenVariable }: VaultSettings): string {
	if (tokenVariable === undefined) return "";
	return ` The token in ${tokenVariable} is neither renewed nor replaced: what runs for longer than it lives needs vault.auth in the map.`;
}

function deniedByAnother(status: number, { path, settings }: Target): DstaError {
	return new DstaError(
		"DSTA_DENIED",
		`Permission denied: ${settings.address} answers HTTP ${status}, and not as Vault does`,
		{
			backend: "vault",
			path,
			cure: `Check that ${settings.origin} is Vault's address, and what the proxy or firewall before it lets through (${probeOf(settings)}).`,
		},
	);
}

function noNamespace({ settings, path }: Target): DstaError {
	const { address, namespace, namespaceOrigin } = settings;
	// Namespaces are listed and created in the one above them.
	const end = namespace.lastIndexOf("/");
	const above = `VAULT_NAMESPACE=${end < 0 ? "" : shellWord(namespace.slice(0, end))}`;
	const name = shellWord(namespace.slice(end + 1));
	return new DstaError("DSTA_CONFIG", `Vault at ${address} has no namespace ${namespace}`, {
		backend: "vault",
		path,
		cure: `Set ${namespaceOrigin} to one that exists (${above} vault namespace list), or to nothing for none; or create it: ${above} vault namespace create ${name}`,
	});
}

function noMount({ settings, path }: Target): DstaError {
	const vault = vaultCommand(settings);
	return new DstaError(
		"DSTA_CONFIG",
		`Vault at ${settings.address} has no secrets engine at ${settings.mount}/${inNamespace(settings)}`,
		{
			backend: "vault",
			path,
			cure: `Set vault.mount in the map (mount, where an entry has its own) to one that exists (${vault} secrets list), or enable it: ${vault} secrets enable -path=${shellWord(settings.mount)} kv-v2`,
		},
	);
}

function noKvEngine({ settings, path }: Target): DstaError {
	return new DstaError(
		"DSTA_CONFIG",
		`The secrets engine at ${settings.mount}/ of ${settings.address} is no KV engine`,
		{
			backend: "vault",
			path,
			cure: `Set vault.mount in the map (mount, where an entry has its own) to a KV engine (${vaultCommand(settings)} secrets list shows the type of each).`,
		},
	);
}

function otherEngine({ settings, path }: Target): DstaError {
	return new DstaError(
		"DSTA_CONFIG",
		`The KV engine at ${settings.mount}/ of ${settings.address} has version 2, not 1`,
		{
			backend: "vault",
			path,
			cure: "Set vault.kv in the map (kv, where an entry has its own) to 2, or leave it out: it is found out.",
		},
	);
}

// What Vault says about a bad request repeats what we sent: paths and parameters of a read, which hold no value.
function refused({ apiPath, path, settings }: Target, errors: readonly string[]): DstaError {
	const reason = `: ${errors.join("; ").replace(/\s+/g, " ").slice(0, 200)}`;
	return new DstaError(
		"DSTA_CONFIG",
		`Vault at ${settings.address} found the request for ${apiPath} wrong${reason}`,
		{
			backend: "vault",
			path,
			cure: "Check the path, and mount, kv and version in the map.",
		},
	);
}

/** Words for the namespace that settings name, if they name one. */
export function inNamespace({ namespace }: Pick<VaultSettings, "namespace">): string {
	return namespace === "" ? "" : ` in namespace ${namespace}`;
}

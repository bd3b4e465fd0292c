/*
 * What an engine says of a failure may hold what it connects with, such as the URL of a database with a password in it. So its
 * words are looked at for what they mean, and never shown.
 */
import { DstaError, type ErrorCode } from "../../errors.ts";
import { isObject } from "../select.ts";
import { shellWord } from "../shell.ts";
import { type ApiResponse, errorsOf } from "./client.ts";
import { failureOf, inNamespace, type Target } from "./failure.ts";
import { saysVersioned } from "./kv.ts";
import { vaultCommand } from "./settings.ts";

/** The failure that an answer of an engine stands for. */
export function rawFailure(response: ApiResponse, target: Target): DstaError {
	const { status } = response;
	const errors = errorsOf(response) ?? [];
	const said = (pattern: RegExp) => errors.some((error) => pattern.test(error));
	if (status === 404 && said(/no handler for route/i)) return noEngine(target);
	if ((status === 404 || status === 405) && said(/unsupported (?:path|operation)/i))
		return noOperation(target);
	if (saysVersioned(response)) return versioned(target);
	if (status === 400 && errors.length > 0)
		return refused(REASONS.find(([words]) => said(words))?.[1], target);
	if (status === 500 && errors.length > 0 && !said(/node not active/i)) return engineFailed(target);
	return failureOf(response, target);
}

const REASONS: readonly (readonly [words: RegExp, reason: string])[] = [
	[/unknown role|role .*not (?:found|exist)|no such role/i, ": it knows no such role"],
	[/not allowed by this role/i, ": its role does not allow what data asks for"],
	[/error converting input for field/i, ": it wants another type of something in data"],
];

type Body = NonNullable<ApiResponse["body"]>;

/** Whether an answer holds a token for the answer in place of it. */
export function isWrapped({ wrap_info }: Body): boolean {
	return isObject(wrap_info);
}

/** The failure of a read whose answer Vault has wrapped. */
export function wrappedAnswer(target: Target): DstaError {
	return fail("DSTA_CONFIG", target, {
		message: `Vault wraps its answer to ${target.apiPath}, and what it wraps cannot be read here`,
		cure: "Take min_wrapping_ttl from the policy of the token, or X-Vault-Wrap-TTL from what the proxy before Vault adds.",
	});
}

/** Whether an answer is that to a login: a token, and no secret of an engine. */
export function isLogin({ auth, data }: Body): boolean {
	return isObject(auth) && !isObject(data);
}

/** The failure of a read that was a login. */
export function loginInstead(target: Target): DstaError {
	return fail("DSTA_CONFIG", target, {
		message: `${target.apiPath} logs in, and gives a token and no secret`,
		cure: "Log in by vault.auth in the map; an entry is for what a secrets engine gives.",
	});
}

function noEngine(target: Target): DstaError {
	return fail("DSTA_CONFIG", target, {
		message: `Vault at ${placeOf(target)} has no secrets engine for ${target.apiPath}`,
		cure: `With engine: raw a path begins with the mount of an engine: ${vaultCommand(target.settings)} secrets list shows all.`,
	});
}

function versioned(target: Target): DstaError {
	return fail("DSTA_CONFIG", target, {
		message: `${target.apiPath} is in a KV engine of version 2 at ${placeOf(target)}, which has no such path`,
		cure: "Take engine: raw away, which is for other engines than KV; or write the path as the API has it, with data after the mount.",
	});
}

function noOperation(target: Target): DstaError {
	const { apiPath, capability, settings } = target;
	return fail("DSTA_CONFIG", target, {
		message: `The secrets engine at ${placeOf(target)} has no ${capability === "update" ? "POST" : "GET"} of ${apiPath}`,
		cure: `Look up what it has (${vaultCommand(settings)} path-help ${shellWord(apiPath)}), and the method: in the map GET reads and POST sends data.`,
	});
}

function refused(reason: string | undefined, target: Target): DstaError {
	const { apiPath, capability, settings } = target;
	const command = `${vaultCommand(settings)} ${capability === "update" ? "write" : "read"} ${shellWord(apiPath)}`;
	return fail("DSTA_CONFIG", target, {
		message: `The secrets engine at ${placeOf(target)} refuses ${apiPath}${reason ?? ""}`,
		cure: `Check the path, and method and data in the map. The words of an engine may hold a credential and are not shown; they are seen with: ${command}`,
	});
}

function engineFailed(target: Target): DstaError {
	return fail("DSTA_UNAVAILABLE", target, {
		message: `Vault not available: the secrets engine could not make ${target.apiPath} (HTTP 500, ${placeOf(target)})`,
		cure: "See that what stands behind the engine answers, such as its database. The words of an engine may hold a credential and are not shown: Vault's log has them.",
	});
}

function placeOf({ settings }: Target): string {
	return `${settings.address}${inNamespace(settings)}`;
}

interface Words {
	readonly message: string;
	readonly cure: string;
}

function fail(code: ErrorCode, { path }: Target, { cure, message }: Words): DstaError {
	return new DstaError(code, message, { backend: "vault", path, cure });
}

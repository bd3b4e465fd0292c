import { DstaError } from "../../../errors.ts";
import type { BackendContext } from "../../backend.ts";
import type { OwnToken } from "../lease.ts";
import type { Session } from "../session.ts";
import { toNamespace, trimSlashes, type VaultSettings } from "../settings.ts";
import { timeoutFailure } from "../unavailable.ts";
import type { Obtained } from "./attempt.ts";
import type { VaultAuth } from "./auth.ts";
import { authOfEnvironment } from "./environment.ts";
import { METHODS } from "./methods.ts";
import { share } from "./share.ts";

/** The login of one session. */
export interface Login {
	/** The namespace that the token belongs to. */
	readonly namespace: string;
	/**
	 * Resolves when the session has a token, for which the first to ask logs in.
	 * @throws {DstaError} as `LogIn`
	 */
	done(signal: AbortSignal): Promise<unknown>;
	/** The token, if the login has made it. */
	ownToken(): OwnToken | undefined;
	/** Revokes the token, if the login has made it; where that fails, a warning says so. Answers whether it is gone. */
	revoke(signal: AbortSignal): Promise<boolean>;
}

export interface LoginOptions {
	readonly context: BackendContext;
	readonly settings: VaultSettings;
	/** Asks Vault's API with the token that is in use, or without one. */
	readonly exchange: Session["ask"];
	/** Takes a token into use. */
	readonly useToken: (token: string) => void;
}

/**
 * Makes the login that the map or else the environment configures. Nobody is asked yet.
 * @throws {DstaError} DSTA_CONFIG there is no such method, or its namespace cannot be one
 */
export function createLogin({ context, exchange, settings, useToken }: LoginOptions): Login {
	const auth = (context.settings.auth as VaultAuth | undefined) ?? authOfEnvironment(context.env);
	const load = Object.hasOwn(METHODS, auth.method) ? METHODS[auth.method] : undefined;
	if (load === undefined) throw noMethod(auth);
	const mount = trimSlashes(auth.mount ?? auth.method);
	const namespace =
		auth.namespace === undefined ? settings.namespace : toNamespace(auth.namespace, "vault.auth.namespace");
	const own = { ...settings, namespace };
	const apiPath = `auth/${mount}/login`;
	let obtained: Obtained | undefined;

	const done = share(
		async (signal) => {
			const logIn = await load();
			obtained = await logIn({ auth, mount, settings: own, context, exchange, signal });
			useToken(obtained.token);
		},
		() => timeoutFailure({ settings: own, apiPath, path: apiPath, capability: "read" }, undefined),
	);

	return {
		namespace,
		done,
		ownToken: () =>
			obtained?.isOurs && obtained.term !== undefined ? { namespace, ...obtained.term } : undefined,
		async revoke(signal) {
			if (obtained?.isOurs !== true) return false;
			const { revokeToken } = await import("./revoke.ts");
			return revokeToken({ exchange, settings: own, log: context.log }, signal);
		},
	};
}

function noMethod({ method }: VaultAuth): DstaError {
	return new DstaError(
		"DSTA_CONFIG",
		`VAULT_AUTH_METHOD is no way to log in to Vault: ${JSON.stringify(method)}`,
		{
			backend: "vault",
			cure: `Set it to one of ${Object.keys(METHODS).join(", ")}.`,
		},
	);
}

import { DstaError } from "../../../errors.ts";
import type { BackendContext } from "../../backend.ts";
import type { Term } from "../lease.ts";
import type { Session } from "../session.ts";
import { placeIn, trimSlashes, type VaultSettings } from "../settings.ts";
import type { Tokens } from "../token.ts";
import { isTokenOver } from "../token-life.ts";
import { timeoutFailure } from "../unavailable.ts";
import type { VaultAuth } from "./auth.ts";
import { authOfEnvironment } from "./environment.ts";
import { createLastingToken } from "./lasting-token.ts";
import { METHODS } from "./methods.ts";

/** The login of one session, made anew when its token is over. */
export interface Login extends Tokens {
	/** The namespace that the token belongs to. */
	readonly namespace: string;
	/** How long the token lives, if the login has made it: the same object for the same token. */
	ownTerm(): Term | undefined;
	/** Has the next to ask log in anew, while the token still lives; where that fails, it is used up to its end. */
	replace(): void;
	/** Revokes the tokens that the login has made; where that fails, a warning says so. Answers whether they are gone. */
	revoke(signal: AbortSignal): Promise<boolean>;
}

export interface LoginOptions {
	readonly context: BackendContext;
	readonly settings: VaultSettings;
	/** Asks Vault's API with the token that is in use, or without one. */
	readonly exchange: Session["exchange"];
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
	const own =
		auth.namespace === undefined
			? settings
			: { ...settings, ...placeIn(auth.namespace, "vault.auth.namespace") };
	const { namespace } = own;
	const apiPath = `auth/${mount}/login`;
	const token = createLastingToken({
		async obtain(signal) {
			const logIn = await load();
			return logIn({ auth, mount, settings: own, context, exchange: withoutToken(exchange), signal });
		},
		isOver: (signal) => isTokenOver({ exchange, settings: own, signal }),
		gaveUp: () => timeoutFailure({ settings: own, apiPath, path: apiPath, capability: "read" }, undefined),
		useToken,
	});
	return {
		namespace,
		current: token.current,
		after: token.after,
		replace: token.replace,
		ownTerm() {
			const [obtained] = token.obtained();
			return obtained?.isOurs ? obtained.term : undefined;
		},
		async revoke(signal) {
			const ours = token.obtained().filter(({ isOurs }) => isOurs);
			if (ours.length === 0) return false;
			const { revokeToken } = await import("./revoke.ts");
			const options = { exchange, settings: own, log: context.log };
			const gone = await Promise.all(ours.map((one) => revokeToken(one.token, options, signal)));
			return gone.every(Boolean);
		},
	};
}

// One that is over would be sent along.
function withoutToken(exchange: Session["exchange"]): Session["exchange"] {
	return (target, request) => exchange(target, { token: "", ...request });
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

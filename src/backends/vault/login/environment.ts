import type { BackendContext } from "../../backend.ts";
import type { VaultAuth } from "./auth.ts";

type Env = BackendContext["env"];

/** How the environment says to log in, where the map does not. */
export function authOfEnvironment(env: Env): VaultAuth {
	const tokenFile = textOf(env, "TOKEN_FILE");
	if (tokenFile !== undefined) return { method: "token_file", tokenFile };
	const jwtFile = textOf(env, "JWT_FILE");
	return {
		method: textOf(env, "AUTH_METHOD") ?? "approle",
		mount: textOf(env, "AUTH_PATH"),
		role: textOf(env, "ROLE"),
		...(jwtFile === undefined ? {} : { token: { file: jwtFile } }),
	};
}

/** The variable that holds a part of a login: Vault's name for it, or OpenBao's where only that is set. */
export function environmentSource(env: Env, name: string): { readonly env: string } {
	return { env: nameOf(env, name) };
}

function textOf(env: Env, name: string): string | undefined {
	return env[nameOf(env, name)] || undefined;
}

function nameOf(env: Env, name: string): string {
	return !env[`VAULT_${name}`] && env[`BAO_${name}`] ? `BAO_${name}` : `VAULT_${name}`;
}

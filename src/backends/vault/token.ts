import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DstaError } from "../../errors.ts";
import type { BackendContext } from "../backend.ts";
import { readKvPlace, TOKEN_VARIABLES, vaultCommand } from "./settings.ts";

type Context = Pick<BackendContext, "env" | "home" | "settings">;

/** By what the environment asks for a login, in Vault's name or OpenBao's. */
const ASKING = ["TOKEN_FILE", "AUTH_METHOD", "ROLE_ID", "SECRET_ID", "WRAPPED_TOKEN"];

/**
 * Finds the token where it lies: in VAULT_TOKEN or BAO_TOKEN, or in the file that `vault login` leaves in the home directory;
 * `undefined` where the map or the environment says how to come by one.
 * @throws {DstaError} DSTA_UNAVAILABLE there is none · DSTA_CONFIG it cannot be one
 */
export function findToken({ env, home, settings }: Context, address: string): string | undefined {
	for (const name of TOKEN_VARIABLES) {
		const token = env[name]?.trim();
		if (token) return checkToken(token, name);
	}
	if (settings.auth !== undefined || ASKING.some((name) => env[`VAULT_${name}`] || env[`BAO_${name}`]))
		return undefined;
	const file = home === undefined ? undefined : join(home, ".vault-token");
	const token = file === undefined ? undefined : readTokenFile(file);
	if (file !== undefined && token) return checkToken(token, file);
	throw new DstaError("DSTA_UNAVAILABLE", `Vault not available: no token for ${address}`, {
		backend: "vault",
		cure: `Set VAULT_TOKEN, say how to log in (vault.auth in the map), or run \`${vaultCommand(readKvPlace({ env, settings }))} login\`, which leaves a token in ~/.vault-token.`,
	});
}

/** Where the token for each request comes from. */
export interface Tokens {
	/**
	 * The token in use.
	 * @throws {DstaError} there is none
	 */
	current(signal: AbortSignal): Promise<string>;
	/**
	 * Another one, which is in use from now on, where there is one in the place of a token that was refused.
	 * @throws {DstaError} it was over, and no other one was to be had
	 */
	after(refused: string, signal: AbortSignal): Promise<string | undefined>;
}

export interface FoundTokenOptions {
	/** As `findToken` takes them. */
	readonly context: Context;
	readonly address: string;
	/** Takes another one into use. */
	readonly useToken: (token: string) => void;
}

/** The token that `findToken` has found, and what lies in the place of it once it is refused: a file may have another by then. */
export function foundToken(first: string, { address, context, useToken }: FoundTokenOptions): Tokens {
	let token = first;
	function lookAgain(): void {
		try {
			token = findToken(context, address) ?? token;
		} catch (error) {
			if (!(error instanceof DstaError)) throw error;
		}
	}
	return {
		current: async () => token,
		async after(refused) {
			if (token === refused) {
				lookAgain();
				if (token === refused) return undefined;
				useToken(token);
			}
			return token;
		},
	};
}

/**
 * A token, from where it came.
 * @throws {DstaError} DSTA_CONFIG it cannot be one
 */
export function checkToken(token: string, origin: string): string {
	if (/^[\x21-\x7e]+$/.test(token)) return token;
	throw new DstaError("DSTA_CONFIG", `The Vault token in ${origin} holds characters that no token has`, {
		backend: "vault",
		cure: `Put the token alone into ${origin}: one word of printable ASCII.`,
	});
}

function readTokenFile(file: string): string | undefined {
	try {
		return readFileSync(file, "utf8").trim();
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "ENOENT" || code === "ENOTDIR") return undefined;
		throw new DstaError("DSTA_CONFIG", `The Vault token file ${file} cannot be read: ${code}`, {
			backend: "vault",
			cure: `Make ${file} readable for this user, or set VAULT_TOKEN.`,
		});
	}
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DstaError } from "../../errors.ts";
import type { BackendContext } from "../backend.ts";

/** How the map says to log in (`vault.auth`). */
interface VaultAuth {
	readonly method: "credential";
	/** The name of a credential of the systemd unit, which holds a token. */
	readonly credential: string;
}

/**
 * Finds the token: VAULT_TOKEN, BAO_TOKEN, then what the map says, else the file that `vault login` leaves in the home directory.
 * @throws {DstaError} DSTA_UNAVAILABLE there is none · DSTA_CONFIG it cannot be one, or is not where the map says
 */
export function findToken(
	{ env, home, settings }: Pick<BackendContext, "env" | "home" | "settings">,
	address: string,
): string {
	for (const name of ["VAULT_TOKEN", "BAO_TOKEN"]) {
		const token = env[name]?.trim();
		if (token) return checkToken(token, name);
	}
	const auth = settings.auth as VaultAuth | undefined;
	if (auth !== undefined) return readCredential(auth.credential, env.CREDENTIALS_DIRECTORY);
	const file = home === undefined ? undefined : join(home, ".vault-token");
	const token = file === undefined ? undefined : readTokenFile(file);
	if (file !== undefined && token) return checkToken(token, file);
	throw new DstaError("DSTA_UNAVAILABLE", `Vault not available: no token for ${address}`, {
		backend: "vault",
		cure: "Set VAULT_TOKEN, or run `vault login`, which leaves a token in ~/.vault-token.",
	});
}

// https://systemd.io/CREDENTIALS
function readCredential(name: string, folder: string | undefined): string {
	const file = folder ? join(folder, name) : undefined;
	const token = file === undefined ? undefined : readTokenFile(file);
	if (file !== undefined && token) return checkToken(token, file);
	const reason =
		file === undefined
			? "CREDENTIALS_DIRECTORY is not set"
			: `${file} ${token === "" ? "is empty" : "does not exist"}`;
	throw new DstaError(
		"DSTA_CONFIG",
		`There is no credential ${name}, which vault.auth in the map names: ${reason}`,
		{
			backend: "vault",
			cure: `Write LoadCredential=${name}:/path/to/the/token into the [Service] section of the unit; elsewhere set VAULT_TOKEN.`,
		},
	);
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

function checkToken(token: string, origin: string): string {
	if (/^[\x21-\x7e]+$/.test(token)) return token;
	throw new DstaError("DSTA_CONFIG", `The Vault token in ${origin} holds characters that no token has`, {
		backend: "vault",
		cure: `Put the token alone into ${origin}: one word of printable ASCII.`,
	});
}

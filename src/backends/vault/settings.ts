import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DstaError } from "../../errors.ts";
import type { BackendContext, Overrides } from "../backend.ts";

/** The settings of a Vault or OpenBao server, from the environment and the map. */
export interface VaultSettings {
	/** Scheme, host and an optional path prefix, without a trailing slash. */
	readonly address: string;
	/** What the address was set by, for messages: `VAULT_ADDR`. */
	readonly origin: string;
	readonly protocol: "http:" | "https:";
	/** Empty: no namespace. */
	readonly namespace: string;
	readonly mount: string;
	readonly kv: KvSetting;
}

/** The version of a KV engine; `auto` finds out. */
export type KvSetting = "auto" | 1 | 2;

/** The namespace of the platform that this program was made for; VAULT_NAMESPACE= (empty) means none. */
const DEFAULT_NAMESPACE = "dsta";
const DEFAULT_MOUNT = "secret";

/**
 * Reads the settings; `undefined` when no address is given anywhere.
 * @throws {DstaError} DSTA_CONFIG the address is none
 */
export function readVaultSettings({ env, settings }: BackendContext): VaultSettings | undefined {
	const variable = ["VAULT_ADDR", "BAO_ADDR"].find((name) => env[name]);
	const address = variable === undefined ? settings.address : env[variable];
	if (address === undefined || address === "") return undefined;
	const origin = variable ?? "vault.address";
	const url = parseAddress(String(address), origin);
	return {
		address: url.href.replace(/\/+$/, ""),
		origin,
		protocol: url.protocol as "http:" | "https:",
		namespace: readNamespace(env, settings),
		mount: trimSlashes(String(settings.mount ?? DEFAULT_MOUNT)),
		kv: toKv(settings.kv),
	};
}

/**
 * The settings as one entry of the map changes them.
 * @throws {DstaError} DSTA_CONFIG its namespace cannot be one
 */
export function overrideSettings(settings: VaultSettings, overrides: Overrides | undefined): VaultSettings {
	if (overrides === undefined) return settings;
	const { namespace, mount, kv } = overrides;
	return {
		...settings,
		...(namespace === undefined ? {} : { namespace: toNamespace(String(namespace), "vault.namespace") }),
		...(mount === undefined ? {} : { mount: trimSlashes(String(mount)) }),
		...(kv === undefined ? {} : { kv: toKv(kv) }),
	};
}

/**
 * Finds the token: VAULT_TOKEN, BAO_TOKEN, then the file that `vault login` leaves in the home directory.
 * @throws {DstaError} DSTA_UNAVAILABLE there is none · DSTA_CONFIG it cannot be one
 */
export function findToken({ env, home }: Pick<BackendContext, "env" | "home">, address: string): string {
	for (const name of ["VAULT_TOKEN", "BAO_TOKEN"]) {
		const token = env[name]?.trim();
		if (token) return checkToken(token, name);
	}
	const file = home === undefined ? undefined : join(home, ".vault-token");
	const token = file === undefined ? undefined : readTokenFile(file);
	if (file !== undefined && token) return checkToken(token, file);
	throw new DstaError("DSTA_UNAVAILABLE", `Vault not available: no token for ${address}`, {
		backend: "vault",
		cure: "Set VAULT_TOKEN, or run `vault login`, which leaves a token in ~/.vault-token.",
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

function checkToken(token: string, origin: string): string {
	if (/^[\x21-\x7e]+$/.test(token)) return token;
	throw new DstaError("DSTA_CONFIG", `The Vault token in ${origin} holds characters that no token has`, {
		backend: "vault",
		cure: `Put the token alone into ${origin}: one word of printable ASCII.`,
	});
}

function readNamespace(env: BackendContext["env"], settings: Overrides): string {
	const variable = ["VAULT_NAMESPACE", "BAO_NAMESPACE"].find((name) => env[name] !== undefined);
	if (variable !== undefined) return toNamespace(env[variable] as string, variable);
	return toNamespace(String(settings.namespace ?? DEFAULT_NAMESPACE), "vault.namespace");
}

// It becomes a header.
function toNamespace(text: string, origin: string): string {
	const namespace = trimSlashes(text.trim());
	if (/^[\x20-\x7e]*$/.test(namespace)) return namespace;
	throw new DstaError("DSTA_CONFIG", `${origin} holds characters that no namespace has`, {
		backend: "vault",
		cure: `Set ${origin} to the path of a namespace (vault namespace list), or to nothing for none.`,
	});
}

function parseAddress(text: string, origin: string): URL {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const fault = addressFault(url);
	if (url !== undefined && fault === undefined) return url;
	throw new DstaError("DSTA_CONFIG", `${origin} ${fault}`, {
		backend: "vault",
		cure: `Set ${origin} to something like https://vault.example.com:8200.`,
	});
}

function addressFault(url: URL | undefined): string | undefined {
	if (url?.protocol === "unix:") return "is a Unix socket, over which Vault cannot be asked here";
	if (url === undefined || !/^https?:$/.test(url.protocol)) return "is no http:// or https:// address";
	if (url.username !== "" || url.password !== "") return "holds a user name or password";
	if (url.search !== "" || url.hash !== "") return "has a query or a fragment";
	return undefined;
}

function toKv(kv: Overrides[string]): KvSetting {
	return kv === 1 || kv === 2 ? kv : "auto";
}

function trimSlashes(text: string): string {
	return text.replace(/^\/+|\/+$/g, "");
}

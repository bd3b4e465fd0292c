import { DstaError } from "../../errors.ts";
import type { BackendContext, Overrides } from "../backend.ts";
import { shellWord } from "../shell.ts";
import type { ProxyServer } from "../transport.ts";

/** Where secrets lie in a server. */
export interface KvPlace {
	/** Empty: no namespace. */
	readonly namespace: string;
	/** What the namespace is set by, for messages: `VAULT_NAMESPACE`. */
	readonly namespaceOrigin: string;
	readonly mount: string;
	readonly kv: KvSetting;
}

/** The settings of a Vault or OpenBao server, from the environment and the map. */
export interface VaultSettings extends KvPlace {
	/** Scheme, host and an optional path prefix, without a trailing slash. */
	readonly address: string;
	/** What the address was set by, for messages: `VAULT_ADDR`. */
	readonly origin: string;
	readonly protocol: "http:" | "https:";
	/** Of an address that is a Unix socket: its path. */
	readonly socketPath?: string;
	/** The proxy between, once the connection is opened. */
	readonly proxy?: ProxyServer | undefined;
	/** The variable that holds the token, where one does. */
	readonly tokenVariable?: string | undefined;
	/** The namespace of the token, where a login makes it. */
	readonly tokenNamespace?: string;
	/** Whether a token that is made by a login of ours is revoked at the end. */
	readonly revoke: boolean;
}

/** The version of a KV engine; `auto` finds out. */
export type KvSetting = "auto" | 1 | 2;

/** The namespace of the platform that this program was made for; VAULT_NAMESPACE= (empty) means none. */
const DEFAULT_NAMESPACE = "dsta";
const DEFAULT_MOUNT = "secret";

/** Where a token is given outright, which comes before any login. */
export const TOKEN_VARIABLES = ["VAULT_TOKEN", "BAO_TOKEN"] as const;

/**
 * Reads the settings; `undefined` when no address is given anywhere.
 * @throws {DstaError} DSTA_CONFIG the address is none
 */
export function readVaultSettings(context: BackendContext): VaultSettings | undefined {
	const { env, settings } = context;
	const variable = ["VAULT_ADDR", "BAO_ADDR"].find((name) => env[name]);
	const address = variable === undefined ? settings.address : env[variable];
	if (address === undefined || address === "") return undefined;
	const origin = variable ?? "vault.address";
	const tokenVariable = TOKEN_VARIABLES.find((name) => env[name]?.trim());
	return {
		...parsePlace(String(address).trim(), origin),
		origin,
		...readKvPlace(context),
		tokenVariable,
		revoke: settings.revoke === true && tokenVariable === undefined,
	};
}

/**
 * Reads where secrets lie, whether or not there is an address.
 * @throws {DstaError} DSTA_CONFIG the namespace cannot be one
 */
export function readKvPlace({ env, settings }: Pick<BackendContext, "env" | "settings">): KvPlace {
	return {
		...readNamespace(env, settings),
		mount: trimSlashes(String(settings.mount ?? DEFAULT_MOUNT)),
		kv: toKv(settings.kv),
	};
}

/**
 * The settings as one entry of the map changes them.
 * @throws {DstaError} DSTA_CONFIG its namespace cannot be one
 */
export function overrideSettings<Settings extends KvPlace>(
	settings: Settings,
	overrides: Overrides | undefined,
): Settings {
	if (overrides === undefined) return settings;
	const { namespace, mount, kv } = overrides;
	return {
		...settings,
		...(namespace === undefined ? {} : placeIn(String(namespace), "vault.namespace of the entry")),
		...(mount === undefined ? {} : { mount: trimSlashes(String(mount)) }),
		...(kv === undefined ? {} : { kv: toKv(kv) }),
	};
}

/** The settings for what concerns the token: it and its policies are known in its own namespace, and not in that of each secret. */
export function tokenPlace(settings: VaultSettings): VaultSettings {
	return { ...settings, namespace: settings.tokenNamespace ?? settings.namespace };
}

/** The vault program as it is called for a place, since it has no namespace by default: the beginning of a command. */
export function vaultCommand({ namespace }: Pick<KvPlace, "namespace">): string {
	return namespace === "" ? "vault" : `VAULT_NAMESPACE=${shellWord(namespace)} vault`;
}

/** Whether an entry is asked of an engine of any kind, by a whole path of Vault's API. */
export function isRaw(overrides: Overrides | undefined): boolean {
	return overrides?.engine === "raw";
}

function readNamespace(env: BackendContext["env"], { namespace }: Overrides): NamespacePlace {
	const variable = ["VAULT_NAMESPACE", "BAO_NAMESPACE"].find((name) => env[name] !== undefined);
	if (variable !== undefined) return placeIn(env[variable] as string, variable);
	if (namespace !== undefined) return placeIn(String(namespace), "vault.namespace");
	return placeIn(DEFAULT_NAMESPACE, "VAULT_NAMESPACE");
}

type NamespacePlace = Pick<KvPlace, "namespace" | "namespaceOrigin">;

/**
 * The namespace that something sets.
 * @throws {DstaError} DSTA_CONFIG it cannot be one
 */
export function placeIn(text: string, namespaceOrigin: string): NamespacePlace {
	return { namespace: toNamespace(text, namespaceOrigin), namespaceOrigin };
}

/**
 * The path of a namespace, which becomes a header.
 * @throws {DstaError} DSTA_CONFIG it cannot be one
 */
export function toNamespace(text: string, origin: string): string {
	const namespace = trimSlashes(text.trim());
	if (/^[\x20-\x7e]*$/.test(namespace)) return namespace;
	throw new DstaError("DSTA_CONFIG", `${origin} holds characters that no namespace has`, {
		backend: "vault",
		cure: `Set ${origin} to the path of a namespace (VAULT_NAMESPACE= vault namespace list), or to nothing for none.`,
	});
}

function parsePlace(
	text: string,
	origin: string,
): Pick<VaultSettings, "address" | "protocol" | "socketPath"> {
	if (text.startsWith("unix://"))
		return { address: text, protocol: "http:", socketPath: parseSocket(text, origin) };
	const { href, protocol } = parseAddress(text, origin);
	return { address: href.replace(/\/+$/, ""), protocol: protocol as "http:" | "https:" };
}

function parseSocket(text: string, origin: string): string {
	const path = text.slice("unix://".length);
	const fault = !path.startsWith("/")
		? "is a Unix socket without its whole path"
		: Buffer.byteLength(path) > MAX_SOCKET_BYTES
			? `is a Unix socket whose path is over ${MAX_SOCKET_BYTES} bytes`
			: undefined;
	if (fault === undefined) return path;
	throw new DstaError("DSTA_CONFIG", `${origin} ${fault}`, {
		backend: "vault",
		cure: `Set ${origin} to something like unix:///run/vault.sock.`,
	});
}

// What the kernel has room for, less the byte that ends it.
const MAX_SOCKET_BYTES = 107;

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
	if (url === undefined || !/^https?:$/.test(url.protocol)) return "is no http:// or https:// address";
	if (url.username !== "" || url.password !== "") return "holds a user name or password";
	if (url.search !== "" || url.hash !== "") return "has a query or a fragment";
	if (/\/v1\/*$/.test(url.pathname)) return "ends in /v1, which is to be left out: dsta-run adds it";
	return undefined;
}

function toKv(kv: Overrides[string]): KvSetting {
	return kv === 1 || kv === 2 ? kv : "auto";
}

/** A path without the slashes around it. */
export function trimSlashes(text: string): string {
	return text.replace(/^\/+|\/+$/g, "");
}

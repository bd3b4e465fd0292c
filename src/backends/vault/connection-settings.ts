import { DstaError } from "../../errors.ts";
import type { BackendContext } from "../backend.ts";
import type { TlsSetting } from "../tls-files.ts";
import type { ProxyServer, TlsOptions } from "../transport.ts";
import type { VaultSettings } from "./settings.ts";

/** How a server is reached. */
export interface VaultConnection {
	readonly tls?: TlsOptions | undefined;
	readonly proxy?: ProxyServer | undefined;
}

type Context = Pick<BackendContext, "cwd" | "env" | "log" | "settings">;

/**
 * Reads what the environment and the map say of TLS and of proxies, files included, as far as the address needs it.
 * @throws {DstaError} DSTA_CONFIG a setting or a file is wrong, or one is missing that another needs
 */
export async function loadConnection(
	context: Context,
	{ address, protocol, socketPath }: VaultSettings,
): Promise<VaultConnection> {
	if (socketPath !== undefined) return {};
	const ownProxy = findVariable(context, "PROXY_ADDR") ?? findVariable(context, "HTTP_PROXY");
	if (protocol === "http:") {
		if (ownProxy !== undefined) throw openToProxy(ownProxy.origin, address);
		return {};
	}
	const tls = await loadTls(context);
	if (tls?.isUnverified) context.log("warn", unverified(context, address), { event: "vault.unverified" });
	if (ownProxy === undefined && !context.env.HTTPS_PROXY && !context.env.https_proxy) return { tls };
	const { findProxy, parseProxy } = await import("../proxy.ts");
	const proxy =
		ownProxy === undefined
			? findProxy(new URL(address), context.env, "vault")
			: parseProxy(ownProxy.value, ownProxy.origin, "vault");
	return { tls, proxy };
}

/** What a setting of TLS says, in the environment or else in the map under its key there. */
export function findSetting(context: Context, key: string): TlsSetting | undefined {
	return findVariable(context, key.toUpperCase()) ?? findInMap(context, key);
}

async function loadTls(context: Context): Promise<TlsOptions | undefined> {
	const cert = findSetting(context, "client_cert");
	const key = findSetting(context, "client_key");
	if ((cert === undefined) !== (key === undefined)) throw halfPair(cert ?? key);
	const serverName = findSetting(context, "tls_server_name")?.value;
	const authority = findAuthority(context);
	const isUnverified = isTrue(findSetting(context, "skip_verify"));
	if ((authority ?? cert ?? serverName) === undefined && !isUnverified) return undefined;
	const files = { cwd: context.cwd, backend: "vault" };
	const { loadCertificateFolder, loadCertificates, loadClientCertificate, parseCertificates } = await import(
		"../tls-files.ts"
	);
	const load = { file: loadCertificates, text: parseCertificates, folder: loadCertificateFolder };
	return {
		ca: authority === undefined || isUnverified ? undefined : await load[authority.kind](authority, files),
		...(cert && key && (await loadClientCertificate(cert, key, files))),
		serverName,
		isUnverified,
	};
}

interface Authority extends TlsSetting {
	readonly kind: "file" | "text" | "folder";
}

/** What names the authorities that are trusted, as Vault's own command looks for it; then the map. */
function findAuthority(context: Context): Authority | undefined {
	const places = [
		["file", findVariable(context, "CACERT")],
		["text", findVariable(context, "CACERT_BYTES")],
		["folder", findVariable(context, "CAPATH")],
		["file", findInMap(context, "cacert")],
		["folder", findInMap(context, "capath")],
	] as const;
	for (const [kind, setting] of places) if (setting !== undefined) return { kind, ...setting };
	return undefined;
}

function findVariable({ env }: Context, name: string): TlsSetting | undefined {
	const origin = [`VAULT_${name}`, `BAO_${name}`].find((variable) => env[variable]);
	return origin === undefined ? undefined : { value: env[origin] as string, origin };
}

function findInMap({ settings }: Context, key: string): TlsSetting | undefined {
	const value = settings[key];
	return value === undefined ? undefined : { value: String(value), origin: `vault.${key}` };
}

function unverified(context: Context, address: string): string {
	const origin = findSetting(context, "skip_verify")?.origin;
	return `The certificate of ${address} is not checked (${origin}): whoever answers there gets the token`;
}

function isTrue(setting: TlsSetting | undefined): boolean {
	const text = setting?.value.trim().toLowerCase() ?? "false";
	if (/^(?:1|t|true|y|yes|on)$/.test(text)) return true;
	if (/^(?:0|f|false|n|no|off)$/.test(text)) return false;
	throw wrong(`${setting?.origin} is neither true nor false`, `Set ${setting?.origin} to true or false.`);
}

function halfPair(given: TlsSetting | undefined): DstaError {
	const origin = given?.origin ?? "";
	const missing = /key$/i.test(origin)
		? origin.replace(/KEY$/, "CERT").replace(/key$/, "cert")
		: origin.replace(/CERT$/, "KEY").replace(/cert$/, "key");
	return wrong(`${origin} is set and ${missing} is not`, `Set ${missing} as well, or unset ${origin}.`);
}

// In clear it would read along.
function openToProxy(origin: string, address: string): DstaError {
	return wrong(
		`${origin} names a proxy, which would see the token: ${address} has no TLS`,
		`Give Vault an https:// address, or unset ${origin}.`,
	);
}

function wrong(message: string, cure: string): DstaError {
	return new DstaError("DSTA_CONFIG", message, { backend: "vault", cure });
}

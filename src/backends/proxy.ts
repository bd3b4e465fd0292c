import { BlockList, isIP } from "node:net";
import { DstaError } from "../errors.ts";
import type { ProxyServer } from "./transport.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the proxy that HTTPS_PROXY names for an https address, by the rules of Go's programs, of which Vault's own is one:
 * never for this machine, nor for what NO_PROXY lists.
 * @throws {DstaError} DSTA_CONFIG the variable holds no address of a proxy
 */
export function findProxy(url: URL, env: Environment, backend: string): ProxyServer | undefined {
	const origin = ["HTTPS_PROXY", "https_proxy"].find((name) => env[name]);
	if (origin === undefined || isLocal(url) || isListed(url, env.NO_PROXY || env.no_proxy || ""))
		return undefined;
	return parseProxy(env[origin] as string, origin, backend);
}

/**
 * Reads the address of a proxy, which may hold a user name and a password.
 * @throws {DstaError} DSTA_CONFIG it is none
 */
export function parseProxy(text: string, origin: string, backend: string): ProxyServer {
	const whole = text.includes("://") ? text : `http://${text}`;
	const url = URL.canParse(whole) ? new URL(whole) : undefined;
	const credentials = url && decodeCredentials(url);
	// Not shown: a password may be in it.
	if (url === undefined || credentials === undefined || !/^https?:$/.test(url.protocol))
		throw new DstaError("DSTA_CONFIG", `${origin} is no http:// or https:// address of a proxy`, {
			backend,
			cure: `Set ${origin} to something like http://proxy.example.com:3128, with a user name and a password percent-encoded, or unset it.`,
		});
	const authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
	return { url: new URL(url.origin), origin, ...(credentials === ":" ? {} : { authorization }) };
}

function decodeCredentials({ password, username }: URL): string | undefined {
	try {
		return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
	} catch {
		return undefined;
	}
}

function isLocal(url: URL): boolean {
	const host = hostOf(url);
	return host === "localhost" || isInside(host, "127.0.0.0/8") || isInside(host, "::1/128");
}

function isListed(url: URL, list: string): boolean {
	const host = hostOf(url);
	const entries = list.toLowerCase().split(/[\s,]+/);
	return entries.filter((entry) => entry !== "").some((entry) => isMeant(host, url.port || "443", entry));
}

/** Whether an entry of NO_PROXY means a host: `*`, a name with all below it, `.name` for those alone, an address, a network. */
function isMeant(host: string, port: string, entry: string): boolean {
	if (entry === "*") return true;
	if (entry.includes("/")) return isInside(host, entry);
	const { bracketed, name = bracketed ?? entry, only } = ENTRY.exec(entry)?.groups ?? {};
	if (only !== undefined && only !== port) return false;
	const family = isIP(name);
	if (family !== 0) return isInside(host, `${name}/${family === 4 ? 32 : 128}`);
	const suffix = name.replace(/^\*?\.?/, ".");
	return host.endsWith(suffix) || (host === name && !/^[*.]/.test(name));
}

// A host with a port, in brackets where it is an address of IP version 6; else the whole entry.
const ENTRY = /^(?:\[(?<bracketed>[^\]]*)\]|(?<name>[^:]*))(?::(?<only>\d+))?$/;

function isInside(host: string, network: string): boolean {
	const [base = "", bits = ""] = network.split("/");
	const families = [isIP(host), isIP(base)];
	if (!families.every((family) => family === 4) && !families.every((family) => family === 6)) return false;
	const family = families[0] === 4 ? "ipv4" : "ipv6";
	if (!/^\d{1,3}$/.test(bits) || Number(bits) > (family === "ipv4" ? 32 : 128)) return false;
	const list = new BlockList();
	list.addSubnet(base, Number(bits), family);
	return list.check(host, family);
}

function hostOf({ hostname }: URL): string {
	return hostname.toLowerCase().replace(/^\[|\]$|\.$/g, "");
}
